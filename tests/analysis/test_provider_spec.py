"""Providers in the resource: exactly one, with queries that fit it; what does not is named by its field."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from analysis.plan import CountsMeasure, Dialect, ValueMeasure
from analysis.spec import AnalysisSpec, metric_plans

EXAMPLES = Path(__file__).parents[2] / "examples" / "providers"
SECRET = {"name": "s"}
KINDS = {
    "prometheus": {"prometheus": {"address": "http://prom:9090/prefix"}},
    "web": {"web": {"url": "https://api.example/{{namespace}}?from={{from}}&to={{to}}"}},
    "datadog": {"datadog": {"secretRef": SECRET}},
    "cloudWatch": {"cloudWatch": {"region": "eu-west-1", "secretRef": SECRET}},
    "newRelic": {"newRelic": {"accountId": 1, "secretRef": SECRET}},
    "influxDB": {"influxDB": {"address": "http://influx:8086", "database": "d", "secretRef": SECRET}},
    "graphite": {"graphite": {"address": "http://graphite"}},
}
QUERIES = dict.fromkeys(KINDS, "q") | {"web": "$.n", "influxDB": "range({{from}}, {{to}})"}


def value(query, **more):
    return {"name": "m", "value": query, "threshold": {"max": 1}, **more}


def counts(query):
    return {"name": "m", "counts": {"bad": query, "total": query}}


def read(provider=None, metrics=None, **more) -> AnalysisSpec:
    given = {"provider": provider, "metrics": metrics, **more}
    return AnalysisSpec.model_validate({name: field for name, field in given.items() if field is not None})


def objections(**given) -> list[tuple[str, str]]:
    """Path and sentence of everything that is refused."""
    with pytest.raises(ValidationError) as refused:
        read(**given)
    found = []
    for error in refused.value.errors():
        spoken = error.get("ctx", {}).get("objections", ())
        at = ".".join(map(str, error["loc"]))
        found.extend((".".join(filter(None, (at, *map(str, one.at)))), one.sentence) for one in spoken)
        found.extend([] if spoken else [(at, error["msg"])])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_and_written_again(kind):
    spec = read(KINDS[kind], [value(QUERIES[kind]), {**counts(QUERIES[kind]), "name": "n"}])
    assert spec == AnalysisSpec.model_validate_json(spec.model_dump_json(by_alias=True, exclude_unset=True))
    assert (spec.provider.numbers is None) == (kind == "prometheus")


def test_there_is_exactly_one():
    both = KINDS["datadog"] | KINDS["graphite"]
    assert objections(provider=both)[0] == (
        "provider",
        "give exactly one of prometheus, web, datadog, cloudWatch, newRelic, influxDB, graphite: datadog and graphite are set",
    )
    assert objections(provider={})[0][1].endswith(": none is set")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "prometheus"])
def test_builtin_metrics_need_a_prometheus(kind):
    builtin = {"name": "m", "builtin": "error-share"}
    says = "is read from a Prometheus: name one in provider, or write counts or a value"
    assert objections(provider=KINDS[kind], metrics=[builtin]) == [("metrics.0.builtin", says)]
    assert objections(metrics=[builtin | {"provider": KINDS[kind]}]) == [("metrics.0.builtin", says)]
    assert objections(provider=KINDS[kind]) == [
        ("metrics", "has none by default for this provider: write counts or values of your own")
    ]
    assert read(KINDS[kind], [builtin | {"provider": KINDS["prometheus"]}])
    assert read(KINDS[kind], []).judged is False


@pytest.mark.parametrize(
    ("kind", "metric", "at", "says"),
    [
        ("prometheus", value("x > {{from}}"), "value", "a Prometheus has no use for: write a range"),
        ("datadog", value("x{{to}}"), "value", "remove them, the time goes along with every query"),
        ("graphite", counts("x{{from}}"), "counts.bad", "remove them, the time goes along with every query"),
        ("influxDB", value("range({{from}})"), "value", "does not say which time it is about"),
        ("influxDB", counts("count()"), "counts.total", "does not say which time it is about"),
        ("newRelic", value("SELECT count(*) FROM Span since 5 minutes ago"), "value", "the time is added to every query"),
        ("newRelic", value("SELECT count(*) FROM Span TIMESERIES"), "value", "the time is added to every query"),
        ("web", value("data.n"), "value", "is no JSONPath: a path begins with $"),
        ("web", value("$..n"), "value", "is no JSONPath: the path can't be read from `..n` on"),
        ("web", value("$['{{from}}']"), "value", "write them into the provider's url or body"),
    ],
)
def test_a_query_that_does_not_fit_its_provider(kind, metric, at, says):
    found = dict(objections(provider=KINDS[kind], metrics=[metric]))
    assert says in found[f"metrics.0.{at}"]


def test_a_web_api_that_counts_is_told_of_the_window():
    says = "is counted by windows, and neither the provider's url nor its body asks for one: write {{from}} and {{to}} there"
    found = objections(provider={"web": {"url": "https://api.example/n"}}, metrics=[counts("$.n")])
    assert found == [("metrics.0.counts.bad", says), ("metrics.0.counts.total", says)]
    posted = {"web": {"url": "https://api.example/n", "method": "POST", "body": "[{{from}}, {{to}}]"}}
    assert read(posted, [counts("$.n")])
    assert read({"web": {"url": "https://api.example/n"}}, [value("$.n")])


@pytest.mark.parametrize(
    ("provider", "at"),
    [
        ({"prometheus": {"address": "http://me:secret@prom:9090"}}, "provider.prometheus.address"),
        ({"prometheus": {"address": "http://prom:9090?x=y"}}, "provider.prometheus.address"),
        ({"prometheus": {"address": "ftp://prom"}}, "provider.prometheus.address"),
        ({"web": {"url": "https://{{namespace}}.example/"}}, "provider.web.url"),
        ({"web": {"url": "https://me:secret@api.example/"}}, "provider.web.url"),
        ({"web": {"url": "https://api.example/{{secret}}"}}, "provider.web.url"),
        ({"web": {"url": "https://api.example/", "body": "{}"}}, "provider.web.body"),
        ({"datadog": {"site": "datadoghq.com.evil.example", "secretRef": SECRET}}, "provider.datadog.site"),
        ({"cloudWatch": {"region": "eu-west-1.evil.example/", "secretRef": SECRET}}, "provider.cloudWatch.region"),
        ({"newRelic": {"accountId": 0, "secretRef": SECRET}}, "provider.newRelic.accountId"),
        ({"graphite": {"address": "http://g", "tls": {}}}, "provider.graphite.tls"),
        ({"graphite": {"address": "http://g", "resolution": "500ms"}}, "provider.graphite.resolution"),
        (
            {"prometheus": {"parameters": [{"name": "a", "value": "b"}, {"name": "a", "value": "c"}]}},
            "provider.prometheus.parameters.1.name",
        ),
        ({"prometheus": {"parameters": [{"name": "query", "value": "b"}]}}, "provider.prometheus.parameters.0.name"),
    ],
)
def test_what_is_no_provider_is_named_by_its_field(provider, at):
    assert at in dict(objections(provider=provider, metrics=[]))


def test_a_metrics_own_provider_comes_before_the_shared_one():
    own = {"prometheus": {"address": "http://other:9090", "dialect": "linkerd"}}
    metrics = [{"name": "a", "builtin": "error-share", "provider": own}, {"name": "b", "builtin": "error-share"}]
    shared = {"prometheus": {"dialect": "http"}}
    assert [plan.measure.dialect for plan in metric_plans(read(shared, metrics), Dialect.LINKERD)] == ["linkerd", "http"]


def test_the_interval_is_settled_in_the_plan():
    spec = read(metrics=[value("rate(x[{{interval}}s])"), {**counts("x{{interval}}"), "name": "n"}], interval="90s")
    measures = [plan.measure for plan in metric_plans(spec, Dialect.HTTP)]
    assert measures == [ValueMeasure(query="rate(x[90s])"), CountsMeasure(bad="x90", total="x90")]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_are_read(path):
    analysis = yaml.safe_load(path.read_text())["spec"]["analysis"]
    spec = AnalysisSpec.model_validate(analysis)
    assert metric_plans(spec, Dialect.HTTP)
    assert spec == AnalysisSpec.model_validate_json(spec.model_dump_json(by_alias=True, exclude_unset=True))


def test_there_is_an_example_for_every_kind():
    named = {
        kind
        for path in EXAMPLES.glob("*.yaml")
        for kind in yaml.safe_load(path.read_text())["spec"]["analysis"].get("provider", {})
    }
    assert named == set(KINDS)
