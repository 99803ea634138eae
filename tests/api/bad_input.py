"""Bad input, case by case: which field is refused and what the sentence says. The API server must refuse it too, or be excused.

A case changes the smallest resource; None takes a field away.
"""

from dataclasses import dataclass, field
from typing import Any


def a_spec(**changes: Any) -> dict[str, Any]:
    """The spec of the smallest useful resource, with changes."""
    spec = {
        "target": {"deployment": "reviews"},
        "service": {"name": "reviews", "port": 9080},
        "traffic": {"router": "smi"},
        **changes,
    }
    return {name: value for name, value in spec.items() if value is not None}


def a_canary(name: str = "reviews", **changes: Any) -> dict[str, Any]:
    """The smallest useful resource, with changes to its spec."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "canary.delivery/v1alpha1", "kind": "Canary", "metadata": metadata, "spec": a_spec(**changes)}


def steps(*given: dict[str, Any]) -> dict[str, Any]:
    """A strategy of these steps."""
    return {"progressive": {"steps": list(given)}}


def metric(**given: Any) -> dict[str, Any]:
    """An analysis of one metric."""
    return {"metrics": [{"name": "m", **given}]}


@dataclass(frozen=True, kw_only=True)
class Bad:
    """`server` is False where only our own reading refuses it: it becomes a Stalled condition."""

    at: str
    says: str
    change: dict[str, Any] = field(default_factory=dict)
    name: str = "reviews"
    server: bool = True


_URL = {"url": "http://reviews-canary.bookinfo:9080/health"}
_LADDER = "spec.strategy.progressive"

BAD: dict[str, Bad] = {
    "neither target nor versions": Bad(
        at="spec", says="give exactly one of target, versions: none is set", change={"target": None}
    ),
    "both target and versions": Bad(
        at="spec",
        says="give exactly one of target, versions: target and versions are set",
        change={"versions": {"stable": "reviews-v2", "canary": "reviews-v3"}},
    ),
    "one deployment twice": Bad(
        at="spec.versions.canary",
        says="is the same Deployment as stable (reviews-v2): name two, or use target",
        change={"target": None, "versions": {"stable": "reviews-v2", "canary": "reviews-v2"}},
    ),
    "no service for a mesh": Bad(
        at="spec.service", says="is missing: router smi splits the traffic of a Service; name it", change={"service": None}
    ),
    "no traffic": Bad(at="spec.traffic", says="is missing: add it", change={"traffic": None}),
    "unknown router": Bad(
        at="spec.traffic.router",
        says="there is no router 'istoi': write one of smi, replicas",
        change={"traffic": {"router": "istoi"}},
    ),
    "smi settings for another router": Bad(
        at="spec.traffic.smi",
        says="holds settings of router smi: remove it, or use that router",
        change={"traffic": {"router": "replicas", "smi": {}}},
    ),
    "unknown version of smi": Bad(
        at="spec.traffic.smi.apiVersion",
        says="is not a version of TrafficSplit: write one of split.smi-spec.io/v1alpha1,",
        change={"traffic": {"router": "smi", "smi": {"apiVersion": "split.smi-spec.io/v1"}}},
    ),
    "port as text": Bad(
        at="spec.service.port",
        says='"9080" is not a whole number: write it without quotes',
        change={"service": {"name": "reviews", "port": "9080"}},
    ),
    "port out of range": Bad(
        at="spec.service.port",
        says="70000 is too large: write at most 65535",
        change={"service": {"name": "reviews", "port": 70000}},
    ),
    "leaf named as the apex": Bad(
        at="spec.service",
        says="name, stable and canary must be three Services",
        change={"service": {"name": "reviews", "port": 80, "stable": "reviews"}},
    ),
    "leaf named as the other leaf": Bad(
        at="spec.service",
        says="name, stable and canary must be three Services",
        change={"service": {"name": "reviews", "port": 80, "stable": "reviews-canary"}},
    ),
    "service name too long": Bad(
        at="spec.service.name", says="has 57 characters: shorten it to 56", change={"service": {"name": "s" * 57, "port": 80}}
    ),
    "service name that starts with a digit": Bad(
        at="spec.service.name",
        says='"1st" is misspelt: write lower-case letters, digits and -, starting with a letter',
        change={"service": {"name": "1st", "port": 80}},
    ),
    "deployment name too long": Bad(
        at="spec.target.deployment", says="has 57 characters: shorten it to 56", change={"target": {"deployment": "d" * 57}}
    ),
    "deployment name misspelt": Bad(
        at="spec.target.deployment", says='"Reviews" is misspelt', change={"target": {"deployment": "Reviews"}}
    ),
    "name too long": Bad(at="metadata.name", says="has 53 characters: shorten it to 52", name="c" * 53),
    "name with a dot": Bad(at="metadata.name", says='"re.views" is misspelt', name="re.views"),
    "steps that fall": Bad(
        at=f"{_LADDER}.steps[1].weight",
        says="5 is not above the step before (25): let weights rise",
        change={"strategy": steps({"weight": 25}, {"weight": 5})},
    ),
    "steps that repeat": Bad(
        at=f"{_LADDER}.steps[2].weight",
        says="is not above the step before",
        change={"strategy": steps({"weight": 5}, {"weight": 12.5}, {"weight": 12.5})},
    ),
    "a step above 100": Bad(
        at=f"{_LADDER}.steps[1].weight",
        says="101 is no share of traffic: write more than 0 and at most 100",
        change={"strategy": steps({"weight": 5}, {"weight": 101})},
    ),
    "a step of nothing": Bad(
        at=f"{_LADDER}.steps[0].weight", says="0 is no share of traffic", change={"strategy": steps({"weight": 0}, {"weight": 5})}
    ),
    "a step below nothing": Bad(
        at=f"{_LADDER}.steps[0].weight", says="-5 is no share of traffic", change={"strategy": steps({"weight": -5})}
    ),
    "a step too fine": Bad(
        at=f"{_LADDER}.steps[0].weight",
        says="0.0005 is finer than traffic can be split: write at most three decimals",
        change={"strategy": steps({"weight": 0.0005})},
    ),
    "a weight as text": Bad(
        at=f"{_LADDER}.steps[0].weight", says='"5%" is not a number', change={"strategy": steps({"weight": "5%"})}
    ),
    "no steps": Bad(at=f"{_LADDER}.steps", says="is empty: add an item, or leave the field out", change={"strategy": steps()}),
    "too many steps": Bad(
        at=f"{_LADDER}.steps",
        says="has 51 items: leave at most 50",
        change={"strategy": steps(*({"weight": 1 + index} for index in range(51)))},
    ),
    "no strategy in a strategy": Bad(at=_LADDER, says="is missing: add it", change={"strategy": {}}),
    "two forms of steps": Bad(
        at=_LADDER,
        says="give exactly one of steps, linear, exponential: linear and exponential are set",
        change={"strategy": {"progressive": {"linear": {"from": 1, "by": 10}, "exponential": {"from": 1}}}},
    ),
    "no form of steps": Bad(
        at=_LADDER, says="give exactly one of steps, linear, exponential: none is set", change={"strategy": {"progressive": {}}}
    ),
    "linear that falls": Bad(
        at=f"{_LADDER}.linear.from",
        says="50 is above to (10): exchange them",
        change={"strategy": {"progressive": {"linear": {"from": 50, "to": 10, "by": 10}}}},
    ),
    "linear with too many steps": Bad(
        at=f"{_LADDER}.linear.by",
        says="makes more than 50 steps: raise it",
        change={"strategy": {"progressive": {"linear": {"from": 1, "by": 1}}}},
    ),
    "linear without hold": Bad(
        at=f"{_LADDER}.linear.hold",
        says="is nothing: write a duration above 0",
        change={"strategy": {"progressive": {"linear": {"from": 10, "by": 10, "hold": "0m0.0s"}}}},
    ),
    "exponential from nothing": Bad(
        at=f"{_LADDER}.exponential.from",
        says="0 is out of range: write a number from 0.01 to 100",
        change={"strategy": {"progressive": {"exponential": {"from": 0}}}},
    ),
    "exponential that stands still": Bad(
        at=f"{_LADDER}.exponential.factor",
        says="1 is out of range: write a number from 1.25 to 100",
        change={"strategy": {"progressive": {"exponential": {"from": 1, "factor": 1}}}},
    ),
    "a hold without unit": Bad(
        at=f"{_LADDER}.steps[0].hold",
        says="5 has no unit: write 5s for seconds or 5m for minutes",
        change={"strategy": steps({"weight": 5, "hold": "5"})},
    ),
    "a hold that is a number": Bad(
        at=f"{_LADDER}.steps[0].hold", says="5 has no unit", change={"strategy": steps({"weight": 5, "hold": 5})}
    ),
    "a negative hold": Bad(
        at=f"{_LADDER}.steps[0].hold",
        says="-1m is negative, which no duration can be: write it as 30s, 5m or 1h30m",
        change={"strategy": steps({"weight": 5, "hold": "-1m"})},
    ),
    "a drain in words": Bad(
        at="spec.traffic.drain",
        says="'a while' is not a duration: write it as 500ms, 30s, 5m, 1h30m or 1d",
        change={"traffic": {"router": "smi", "drain": "a while"}},
    ),
    "a deadline of nothing": Bad(
        at="spec.scale.deadline", says="is nothing: write a duration above 0", change={"scale": {"deadline": "0s"}}
    ),
    "an unknown test": Bad(
        at=f"{_LADDER}.steps[0].tests[1]",
        says='there is no test "smoek" in spec.tests (smoke): add it there, or remove it',
        change={"strategy": steps({"weight": 5, "tests": ["smoke", "smoek"]}), "tests": [{"name": "smoke", "http": _URL}]},
    ),
    "a test without a kind": Bad(
        at="spec.tests[0]", says="give exactly one of http, job: none is set", change={"tests": [{"name": "smoke"}]}
    ),
    "two tests of one name": Bad(
        at="spec.tests[1].name",
        says='there is another test called "smoke": give each a name of its own',
        change={"tests": [{"name": "smoke", "http": _URL}, {"name": "smoke", "http": _URL}]},
    ),
    "a test at no address": Bad(
        at="spec.tests[0].http.url",
        says="is misspelt: it must match ^https?://",
        change={"tests": [{"name": "smoke", "http": {"url": "reviews/health"}}]},
    ),
    "a job without containers": Bad(
        at="spec.tests[0].job.template.spec.template.spec.containers",
        says="is missing: write the Job's template down to spec.template.spec.containers",
        change={"tests": [{"name": "suite", "job": {"template": {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}}}]},
    ),
    "a header from two places": Bad(
        at="spec.tests[0].http.headers[0]",
        says="give exactly one of value, secretRef",
        change={"tests": [{"name": "a", "http": {**_URL, "headers": [{"name": "X", "value": "1", "secretRef": {"name": "s"}}]}}]},
    ),
    "two headers of one name": Bad(
        at="spec.tests[0].http.headers[1].name",
        says="there is another header called",
        change={
            "tests": [{"name": "a", "http": {**_URL, "headers": [{"name": "X", "value": "1"}, {"name": "X", "value": "2"}]}}],
        },
    ),
    "two hooks of one name": Bad(
        at="spec.hooks[1].name",
        says="there is another hook called",
        change={"hooks": [{"name": "h", "when": ["onRollback"], "http": _URL}, {"name": "h", "when": ["onEvent"], "http": _URL}]},
    ),
    "a hook at an unknown moment": Bad(
        at="spec.hooks[0].when[0]",
        says='"sometimes" is not known: write one of beforeRollout, beforeStep',
        change={"hooks": [{"name": "h", "when": ["sometimes"], "http": _URL}]},
    ),
    "a hook twice at a moment": Bad(
        at="spec.hooks[0].when",
        says="names a moment twice: write each once",
        change={"hooks": [{"name": "h", "when": ["onEvent", "onEvent"], "http": _URL}]},
    ),
    "a size in words": Bad(
        at="spec.scale.canary",
        says="'huge' is no size: write match, full, a number of pods as 3",
        change={"scale": {"canary": "huge"}},
    ),
    "a size of nothing": Bad(at="spec.scale.canary", says="0 pods are out of range", change={"scale": {"canary": 0}}),
    "readiness without unit": Bad(at="spec.scale.ready", says="90 has no unit: write 90%", change={"scale": {"ready": 90}}),
    "an unknown builtin": Bad(
        at="spec.analysis.metrics[0].builtin",
        says='"latency" is not known: write one of error-share, slow-share',
        change={"analysis": metric(builtin="latency")},
    ),
    "a metric without a kind": Bad(
        at="spec.analysis.metrics[0]",
        says="give exactly one of builtin, counts, value: none is set",
        change={"analysis": metric()},
    ),
    "a metric of two kinds": Bad(
        at="spec.analysis.metrics[0]",
        says="builtin and value are set",
        change={"analysis": metric(builtin="error-share", value="up", threshold={"max": 1})},
    ),
    "two metrics of one name": Bad(
        at="spec.analysis.metrics[1].name",
        says='there is another metric called "m"',
        change={"analysis": {"metrics": [{"name": "m", "builtin": "error-share"}, {"name": "m", "builtin": "slow-share"}]}},
    ),
    "a bound of slowness for errors": Bad(
        at="spec.analysis.metrics[0].above",
        says="belongs to builtin slow-share: remove it",
        change={"analysis": metric(builtin="error-share", above="1s")},
    ),
    "a value without a threshold": Bad(
        at="spec.analysis.metrics[0].threshold",
        says="a value needs a threshold or rank: add threshold with min, max or both, or rank with a direction",
        change={"analysis": metric(value="up")},
    ),
    "a threshold without a bound": Bad(
        at="spec.analysis.metrics[0].threshold",
        says="give min, max or both",
        change={"analysis": metric(value="up", threshold={"failures": 3})},
    ),
    "a threshold with bounds and conditions": Bad(
        at="spec.analysis.metrics[0].threshold",
        says="give either min and max, or successWhen and failWhen",
        change={"analysis": metric(value="up", threshold={"max": 1, "successWhen": "result < 1"})},
    ),
    "a condition that is no expression": Bad(
        at="spec.analysis.metrics[0].threshold.successWhen",
        says="'result <' is no CEL expression: it ends too early",
        change={"analysis": metric(value="up", threshold={"successWhen": "result <"})},
        server=False,
    ),
    "a condition in another language": Bad(
        at="spec.analysis.metrics[0].threshold.failWhen",
        says="has 'len' at character 1: write numbers, result, stable",
        change={"analysis": metric(value="up", threshold={"failWhen": "len(result) > 0"})},
        server=False,
    ),
    "a condition that decides nothing": Bad(
        at="spec.analysis.metrics[0].threshold.successWhen",
        says="gives -1.7, neither true nor false: compare it with something",
        change={"analysis": metric(value="up", threshold={"successWhen": "result"})},
        server=False,
    ),
    "a condition that is too long": Bad(
        at="spec.analysis.metrics[0].threshold.successWhen",
        says="has 600 characters: shorten it to 512",
        change={"analysis": metric(value="up", threshold={"successWhen": "result < 1  " * 50})},
    ),
    "ranks without a direction": Bad(
        at="spec.analysis.metrics[0].rank.direction",
        says="is missing: add it",
        change={"analysis": metric(value="up", rank={})},
    ),
    "ranks of counts": Bad(
        at="spec.analysis.metrics[0].rank",
        says="ranks are of values: give a value, or judge shares of bad events by worse, limit or threshold",
        change={"analysis": metric(builtin="error-share", rank={"direction": "increase"})},
    ),
    "two judges of one value": Bad(
        at="spec.analysis.metrics[0].rank",
        says="rank takes the place of threshold: remove one of them",
        change={"analysis": metric(value="up", rank={"direction": "increase"}, threshold={"max": 1})},
    ),
    "a comparison that is never sure": Bad(
        at="spec.analysis.metrics[0].rank.confidence",
        says="100% is out of range: write 50% or more, and less than 100%",
        change={"analysis": metric(value="up", rank={"direction": "increase", "confidence": "100%"})},
        server=False,
    ),
    "a comparison of too few points": Bad(
        at="spec.analysis.metrics[0].rank.points",
        says="4 is too small: write at least 5",
        change={"analysis": metric(value="up", rank={"direction": "increase", "points": 4})},
    ),
    "a threshold upside down": Bad(
        at="spec.analysis.metrics[0].threshold",
        says="min 2 is above max 1: exchange them",
        change={"analysis": metric(value="up", threshold={"min": 2, "max": 1})},
    ),
    "a threshold beside a comparison": Bad(
        at="spec.analysis.metrics[0].threshold",
        says="takes the place of worse and limit: remove it, or remove them",
        change={"analysis": metric(builtin="error-share", threshold={"max": 1}, limit="1%")},
    ),
    "an unknown placeholder": Bad(
        at="spec.analysis.metrics[0].counts.bad",
        says="The placeholder {{pod}} is unknown; known are {{namespace}}",
        change={"analysis": metric(counts={"bad": 'x{pod=~"{{pod}}"}', "total": 'y{pod=~"{{ pods }}"}'})},
        server=False,
    ),
    "a limit of nothing": Bad(
        at="spec.analysis.metrics[0].limit",
        says="is nothing: write more than 0%",
        change={"analysis": metric(builtin="error-share", limit="0.0%")},
    ),
    "a limit without unit": Bad(
        at="spec.analysis.metrics[0].limit",
        says="0.01 has no unit: write 0.01%",
        change={"analysis": metric(builtin="error-share", limit=0.01)},
    ),
    "a rate above everything": Bad(
        at="spec.analysis.falseRollbackRate",
        says='"150%" is not a percentage from 0% to 100%',
        change={"analysis": {"falseRollbackRate": "150%"}},
    ),
    "a rate that rolls everything back": Bad(
        at="spec.analysis.falseRollbackRate",
        says="would roll back most healthy versions: write at most 50%",
        change={"analysis": {"falseRollbackRate": "80%"}},
        server=False,
    ),
    "an interval below a second": Bad(
        at="spec.analysis.interval",
        says="500ms is not in whole seconds: write at least 1s",
        change={"analysis": {"interval": "500ms"}},
    ),
    "an unknown policy": Bad(
        at="spec.analysis.onNoData",
        says='"promote" is not known: write one of rollback, pause, ignore',
        change={"analysis": {"onNoData": "promote"}},
    ),
    "requests that nobody counts": Bad(
        at=f"{_LADDER}.steps[0].minRequests",
        says="spec.analysis.metrics is empty, so no requests are counted: add a metric, or remove minRequests",
        change={"strategy": steps({"weight": 5, "minRequests": 100}), "analysis": {"metrics": []}},
    ),
    "proof of nothing": Bad(
        at="spec.analysis.promoteOn",
        says="evidence needs metrics",
        change={"analysis": {"metrics": [], "promoteOn": "evidence"}},
    ),
    "a provider at no address": Bad(
        at="spec.analysis.provider.prometheus.address",
        says="is misspelt",
        change={"analysis": {"provider": {"prometheus": {"address": "prometheus:9090"}}}},
    ),
    "suspend in words": Bad(at="spec.suspend", says='"yes" is not true or false', change={"suspend": "yes"}),
}
