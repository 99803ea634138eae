"""AnalysisTemplates of Argo Rollouts as ours: arguments, providers, and conditions as thresholds.

There a template says how often and how long it measures; here a Canary looks at all its metrics at one interval for as long as
a rollout lasts. What the Canary has to know of that is in `Converted`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from canary.convert.argo_providers import source_of
from canary.convert.expressions import Untranslatable, translate
from canary.convert.fields import Fields
from canary.convert.notes import Note, Notes
from canary.convert.words import a_template, called, faults, metadata_of, span, word
from canary.errors import Invalid
from canary.k8s.port import Obj

_ARGUMENT = re.compile(r"\{\{\s*args\.([^{}\s]+)\s*\}\}")
_LIMITS = ("failureLimit", "consecutiveSuccessLimit", "inconclusiveLimit", "consecutiveErrorLimit")
_AS_ONE = 'Unless it names the canary, both versions are measured as one: write pod=~"{{pods}}", or {{leaf}}, into it.'
_WITHOUT = "Errors and missing data never fail a version here: onError and onNoData say what they do, and noDataAfter when."


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A template, its `obj` None when nothing of it could be kept. `args` are their names and ours.

    `interval` is the shortest of its metrics, `delay` the longest initial one, `lasts` how long a run with a count takes.
    """

    kind: str
    name: str
    namespace: str | None
    obj: Obj | None
    args: Mapping[str, str]
    interval: timedelta | None
    delay: timedelta
    lasts: timedelta
    notes: tuple[Note, ...]


def convert_template(obj: Obj, shared: frozenset[str]) -> Converted:
    """One template; `shared` are metric names that other templates have as well. Raises Invalid."""
    return _Template(obj, shared).convert()


def metric_names(obj: Obj) -> list[str]:
    """The names of a template's metrics, as ours are spelt."""
    spec = Fields(obj.get("spec"), "spec", Notes(called(obj)))
    return [word(metric.text("name")) for metric in spec.each("metrics")]


class _Template:
    def __init__(self, obj: Obj, shared: frozenset[str]) -> None:
        self._obj, self._shared = obj, shared
        self._notes = Notes(called(obj))
        self._metadata = metadata_of(obj)
        self._args: dict[str, str] = {}
        self._intervals: list[timedelta] = []
        self._delays: list[timedelta] = [timedelta(0)]
        self._lengths: list[timedelta] = [timedelta(0)]

    def convert(self) -> Converted:
        spec = Fields(self._obj.get("spec"), "spec", self._notes)
        args = list(self._arguments(spec))
        dry = [_pattern(each) for each in spec.each("dryRun")]
        metrics = [metric for fields in spec.each("metrics") if (metric := self._metric(fields, dry, args)) is not None]
        spec.not_needed("Every measurement is kept for `canary explain`.", "measurementRetention")
        spec.left_out("Name these templates beside this one in the Canary's spec.analysis.templates.", "templates")
        spec.rest()
        if not metrics:
            self._notes.left_out("spec.metrics", "None could be translated, so there is no template.")
        return Converted(
            kind=self._obj["kind"],
            name=self._metadata["name"],
            namespace=self._metadata.get("namespace"),
            obj=a_template(self._obj["kind"], self._metadata, _shared_provider(args, metrics)) if metrics else None,
            args=self._args,
            interval=min(self._intervals, default=None),
            delay=max(self._delays),
            lasts=max(self._lengths),
            notes=self._notes.all(),
        )

    def _arguments(self, spec: Fields) -> Iterator[dict[str, str]]:
        for arg in spec.each("args"):
            name, value = arg.text("name"), arg.take("value")
            if "valueFrom" in arg:
                arg.left_out("Secrets go into a provider's secretRef and headers, never into a query.", "valueFrom")
                continue
            self._args[name] = word(name, "argument")
            yield {"name": self._args[name]} | ({} if value is None else {"value": str(value)})

    def _metric(self, fields: Fields, dry: list[re.Pattern[str]], args: list[dict[str, str]]) -> dict[str, Any] | None:
        theirs = fields.text("name")
        name = word(f"{self._metadata['name']}-{theirs}") if word(theirs) in self._shared else word(theirs)
        self._timing(fields)
        source = source_of(fields)
        if source is None:
            _ignore(fields, "successCondition", "failureCondition", *_LIMITS)
            return None
        judged = self._judged(fields)
        if any(pattern.fullmatch(theirs) for pattern in dry):
            judged = judged and {**judged, "onFailure": "ignore"}
        if judged is None:
            return None
        provider, query = source
        metric = {"name": name, "value": query, **({"provider": provider} if provider else {}), **judged}
        found: dict[str, Any] = self._renamed(metric)
        if refused := faults(a_template(self._obj["kind"], self._metadata, {"args": args, "metrics": [found]})):
            reasons = "; ".join(f"{cause.field.removeprefix('spec.metrics[0].')}: {cause.message}" for cause in refused)
            self._notes.left_out(fields.path, f"It would be refused ({reasons}).")
            return None
        self._notes.differs(fields.at("provider"), _AS_ONE)
        return found

    def _timing(self, fields: Fields) -> None:
        interval = self._length(fields, "interval")
        if interval is not None:
            self._intervals.append(interval)
            self._notes.differs(fields.at("interval"), "All metrics of a Canary are read at its spec.analysis.interval.")
        if delay := self._length(fields, "initialDelay"):
            self._delays.append(delay)
            self._notes.differs(fields.at("initialDelay"), "spec.analysis.warmup of the Canary begins with its first traffic.")
        count = self._limit(fields, "count")
        if count is not None and count > 1 and interval is not None:
            self._lengths.append(interval * (count - 1))
            self._notes.differs(
                fields.at("count"), "It is measured as long as the rollout lasts; a step lasts as long as its hold."
            )

    def _judged(self, fields: Fields) -> dict[str, Any] | None:
        success, failure = (fields.text(name).strip() or None for name in ("successCondition", "failureCondition"))
        try:
            condition = translate(success, failure)
        except Untranslatable as error:
            given = " / ".join(f"`{text}`" for text in (success, failure) if text is not None)
            self._notes.left_out(fields.path, f"{given or 'It'} {error}.")
            _ignore(fields, *_LIMITS)
            return None
        threshold = {**condition.threshold, **self._patience(fields)}
        judged: dict[str, Any] = {"threshold": threshold}
        if self._limit(fields, "failureLimit") == -1:
            judged["onFailure"] = "ignore"
        if condition.passes_unmeasured:
            judged["onNoData"] = "ignore"
            self._notes.differs(fields.at("successCondition" if success else "failureCondition"), "Missing data holds no step.")
        return judged

    def _patience(self, fields: Fields) -> dict[str, int]:
        found: dict[str, int] = {}
        failures = self._limit(fields, "failureLimit")
        if failures is not None and failures > 0:
            found["failures"] = failures + 1
        if successes := self._limit(fields, "consecutiveSuccessLimit"):
            found["successes"] = successes
        fields.not_needed(_WITHOUT, "consecutiveErrorLimit")
        fields.not_needed("An unclear check waits for a person or for a clear one.", "inconclusiveLimit")
        return found

    def _length(self, fields: Fields, name: str) -> timedelta | None:
        text = fields.text(name)
        if "{{" in text:
            self._notes.left_out(
                fields.at(name), "It is an argument: write it into the Canary's spec.analysis or the step's hold."
            )
            return None
        return span(text, f"{self._notes.about}: {fields.at(name)}") if text else None

    def _limit(self, fields: Fields, name: str) -> int | None:
        if "{{" in str(fields.take(name)):
            self._notes.left_out(fields.at(name), "It is an argument that would have to be counted with: write a number.")
            return None
        return fields.whole(name, 0) if name in fields else None

    def _renamed(self, value: Any) -> Any:
        """With arguments called as ours are."""
        if isinstance(value, dict):
            return {name: self._renamed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._renamed(item) for item in value]
        if isinstance(value, str):
            return _ARGUMENT.sub(lambda found: f"{{{{args.{self._args.get(found[1], found[1])}}}}}", value)
        return value


def _pattern(dry: Fields) -> re.Pattern[str]:
    text = dry.text("metricName")
    try:
        return re.compile(text)
    except re.error:
        raise Invalid(f"{dry.notes.about}: {dry.at('metricName')} is {text!r}, which is no regular expression.") from None


def _ignore(fields: Fields, *names: str) -> None:
    """Of a metric that was left out, its other fields need no word."""
    for name in names:
        fields.take(name)


def _shared_provider(args: list[dict[str, str]], metrics: list[dict[str, Any]]) -> Obj:
    """A provider that all metrics name is said once."""
    spec: Obj = {"args": args} if args else {}
    first = metrics[0].get("provider")
    if first is not None and all(metric.get("provider") == first for metric in metrics):
        return {**spec, "provider": first, "metrics": [{k: v for k, v in each.items() if k != "provider"} for each in metrics]}
    return {**spec, "metrics": metrics}
