"""The metrics of one Canary of Flagger's: built-in ones, those of templates, and queries of its own."""

from collections.abc import Iterator, Mapping, Sequence

from analysis.scalars import HUNDRED, exact, format_number, format_percent
from canary.convert.fields import Fields
from canary.convert.flagger_metrics import DEFAULTS, Bounds, Made, Source
from canary.convert.flagger_queries import arguments, inline
from canary.convert.notes import Notes
from canary.convert.words import word
from canary.k8s.port import Obj


class Metrics:
    """Reads them one by one into `templates` and `metrics` of our analysis.

    `made` are the templates at hand, `known` the values of arguments that are the same for all metrics of this Canary.
    """

    def __init__(
        self, made: Sequence[Made], namespace: str | None, known: Mapping[str, str], failures: int, notes: Notes
    ) -> None:
        self.templates: list[Obj] = []
        self.metrics: list[Obj] = []
        self._made, self._known, self._failures, self._notes = made, known, failures, notes
        self._namespace = namespace

    def read(self, metric: Fields) -> None:
        """One metric, with a note when it was left out."""
        name, bounds, query = metric.text("name"), bounds_of(metric), metric.text("query")
        values = {**self._known, **dict(_variables(metric))}
        ref = metric.within("templateRef")
        wanted = ref.text("name")
        made = find(self._made, wanted, ref.text("namespace") or self._namespace)
        if not bounds.given:
            self._notes.left_out(metric.path, "It has no bound in thresholdRange, so nothing that it measures can fail.")
        elif made is not None and made.source.usable:
            self._of_template(metric, made, bounds, values)
        elif wanted:
            why = "is not in these files: give it as well" if made is None else "asks a provider that could not be translated"
            self._notes.left_out(ref.path, f"MetricTemplate {wanted} {why}.")
        elif query:
            own = Source(name=name, namespace=None, query=query, provider=None, usable=True, notes=())
            self._of_query(metric, own, bounds, values)
        else:
            self._builtin(metric, name, bounds)

    def _of_template(self, metric: Fields, made: Made, bounds: Bounds, values: Mapping[str, str]) -> None:
        """By reference where the template has the same bounds and is not named already; else its query is written here."""
        named = any(other["name"] == made.source.name for other in self.templates)
        if made.obj is None or made.bounds != bounds.given or named:
            self._of_query(metric, made.source, bounds, values)
            return
        wanted = arguments(made.source.query)
        if missing := [name for name in wanted if name not in values]:
            self._notes.left_out(metric.path, f"It gives no value for {', '.join(missing)}: add it to templateVariables.")
            return
        args: dict[str, str] = {name: values[name] for name in wanted if values[name] != DEFAULTS.get(name)}
        args |= {name: format_number(exact(bound)) for name, bound in bounds.threshold().items()}
        args |= {"failures": str(self._failures)} if self._failures > 1 else {}
        scope: Obj = {"scope": "Cluster"} if made.kind == "ClusterAnalysisTemplate" else {}
        self.templates.append({"name": made.source.name, **scope, "args": args})

    def _of_query(self, metric: Fields, source: Source, bounds: Bounds, values: Mapping[str, str]) -> None:
        threshold: Obj = bounds.threshold() | ({"failures": self._failures} if self._failures > 1 else {})
        found: Obj = {"name": word(source.name), "value": inline(source.query, values, metric.path, self._notes)}
        self._add(found | ({"provider": source.provider} if source.provider else {}) | {"threshold": threshold})

    def _builtin(self, metric: Fields, name: str, bounds: Bounds) -> None:
        if name == "request-success-rate" and bounds.low is not None:
            self._notes.differs(metric.path, "Judged on the evidence of all requests, not by counting failed checks.")
            share = HUNDRED - exact(bounds.low)
            limit: Obj = {"limit": format_percent(share)} if share > 0 else {"worse": {}}
            self._add({"name": name, "builtin": "error-share", **limit})
        elif name == "request-duration" and bounds.high is not None:
            sentence = "That the 99th percentile is below a bound is said as: at most 1 % of requests are slower than it."
            self._notes.differs(metric.path, sentence)
            above = f"{format_number(exact(bounds.high))}ms"
            self._add({"name": name, "builtin": "slow-share", "above": above, "limit": "1%"})
        else:
            self._notes.left_out(
                metric.path, f"{name} is no metric with such a bound: write counts, or a value with a threshold."
            )

    def _add(self, metric: Obj) -> None:
        taken = {other["name"] for other in self.metrics} | {word(each.source.name) for each in self._made}
        number = 1
        name = metric["name"]
        while metric["name"] in taken:
            number += 1
            metric["name"] = f"{name[:36]}-{number}"
        self.metrics.append(metric)


def bounds_of(metric: Fields) -> Bounds:
    """What the Canary calls too little and too much, the deprecated way included."""
    given = metric.within("thresholdRange")
    low, high, old = given.number("min"), given.number("max"), metric.number("threshold")
    if old is not None and low is None and high is None:
        low, high = (old, None) if metric.text("name") == "request-success-rate" else (None, old)
    return Bounds(low=low, high=high)


def find(made: Sequence[Made], name: str, namespace: str | None) -> Made | None:
    """The template that a reference means. What has no namespace may be meant by any."""
    for each in made:
        if each.source.name == name and (None in (namespace, each.source.namespace) or each.source.namespace == namespace):
            return each
    return None


def _variables(metric: Fields) -> Iterator[tuple[str, str]]:
    yield "interval", metric.text("interval", DEFAULTS["interval"])
    given = metric.take("templateVariables")
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield word(str(name), "variable"), str(value)
