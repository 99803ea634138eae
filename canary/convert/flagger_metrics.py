"""MetricTemplates of Flagger as AnalysisTemplates.

Flagger's template is a query, and the Canary says what is too much; ours says both. So the bounds that Canaries give become
arguments `min` and `max` of the template, as far as all of them give the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canary.convert.fields import Fields
from canary.convert.flagger_queries import arguments, as_template
from canary.convert.notes import Note, Notes
from canary.convert.words import a_template, called, faults, metadata_of, word
from canary.k8s.port import Obj

GROUP = "flagger.app"
DEFAULTS = {"interval": "1m"}
_ELSEWHERE = (
    "Its Secret and its words differ: write the provider into the metric (`kubectl explain canary.spec.analysis.provider`)."
)
_UNKNOWN = "There is no such provider: provider.web asks any HTTP API that answers JSON."
_LIKE = {"datadog": "datadog", "newrelic": "newRelic", "cloudwatch": "cloudWatch", "influxdb": "influxDB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a Canary calls too little and too much, and how many checks may fail."""

    low: float | None
    high: float | None

    @property
    def given(self) -> tuple[str, ...]:
        """Their names as ours."""
        return tuple(name for name, bound in (("min", self.low), ("max", self.high)) if bound is not None)

    def threshold(self) -> dict[str, Any]:
        """As ours are written."""
        return {name: bound for name, bound in (("min", self.low), ("max", self.high)) if bound is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A MetricTemplate that could be read: `query` is theirs, `provider` ours, None the controller's own."""

    name: str
    namespace: str | None
    query: str
    provider: dict[str, Any] | None
    usable: bool
    notes: tuple[Note, ...]


def read_source(obj: Obj) -> Source:
    """A MetricTemplate. Raises Invalid."""
    notes = Notes(called(obj))
    spec = Fields(obj.get("spec"), "spec", notes)
    query = spec.text("query")
    given = spec.within("provider")
    usable, provider = _provider(given)
    spec.rest()
    metadata = metadata_of(obj)
    return Source(
        name=metadata["name"],
        namespace=metadata.get("namespace"),
        query=query,
        provider=provider,
        usable=usable,
        notes=notes.all(),
    )


def _provider(given: Fields) -> tuple[bool, dict[str, Any] | None]:
    kind, address = given.text("type", "prometheus"), given.text("address").rstrip("/")
    secret = given.within("secretRef")
    name = secret.text("name")
    skip = bool(given.take("insecureSkipVerify"))
    given.take("region")
    headers = given.take("headers")
    if kind not in ("prometheus", "graphite"):
        given.notes.left_out(given.path, _ELSEWHERE if kind in _LIKE else _UNKNOWN)
        return False, None
    found: dict[str, Any] = {"address": address} if address else {}
    if name:
        found["auth"] = {"secretRef": {"name": name}}
        given.notes.differs(secret.path, f"Secret {name} must be in the namespace of each Canary that is judged by this.")
    if skip:
        found["tls"] = {"insecureSkipVerify": True}
    if isinstance(headers, Mapping):
        found["headers"] = [{"name": str(key), "value": _first(value)} for key, value in headers.items()]
    return True, {kind: found} if found else None


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The AnalysisTemplate that came of a source, for Canaries that give these bounds; `obj` None: ours would refuse it."""

    source: Source
    kind: str
    bounds: tuple[str, ...]
    obj: Obj | None
    notes: tuple[Note, ...]


def template_of(source: Source, kind: str, bounds: tuple[str, ...]) -> Made:
    """The AnalysisTemplate of a source."""
    notes = Notes(f"MetricTemplate {source.name}")
    metric = {
        "name": word(source.name),
        "value": as_template(source.query, "spec.query", notes),
        "threshold": {**{bound: f"{{{{args.{bound}}}}}" for bound in bounds}, "failures": "{{args.failures}}"},
    }
    args = [_argument(name) for name in (*arguments(source.query), *bounds)]
    args += [{"name": "failures", "value": "1"}]
    metadata = {
        "name": source.name,
        **({"namespace": source.namespace} if source.namespace and kind == "AnalysisTemplate" else {}),
    }
    spec: Obj = {"args": args, **({"provider": source.provider} if source.provider else {}), "metrics": [metric]}
    found = a_template(kind, metadata, spec)
    refused = faults(found) if source.usable else ()
    if refused:
        reasons = "; ".join(f"{cause.field}: {cause.message}" for cause in refused)
        notes.left_out("spec", f"It would be refused ({reasons}).")
    kept = found if source.usable and not refused else None
    return Made(source=source, kind=kind, bounds=bounds, obj=kept, notes=notes.all())


def _argument(name: str) -> dict[str, str]:
    return {"name": name, "value": DEFAULTS[name]} if name in DEFAULTS else {"name": name}
