"""Bad input about providers, in the same manner as `bad_input`."""

from tests.api.bad_input import Bad, metric

BAD_PROVIDERS = {
    "a login in an address": Bad(
        at="spec.analysis.provider.prometheus.address",
        says="write http://host:port or https://host/path, with no login and no parameters in it",
        change={"analysis": {"provider": {"prometheus": {"address": "http://me:secret@prometheus:9090"}}}},
    ),
    "two providers": Bad(
        at="spec.analysis.provider",
        says="give exactly one of prometheus, web, datadog, cloudWatch, newRelic, influxDB, graphite: prometheus and",
        change={"analysis": {"provider": {"prometheus": {}, "datadog": {"secretRef": {"name": "keys"}}}, "metrics": []}},
    ),
    "a builtin metric from Datadog": Bad(
        at="spec.analysis.metrics[0].builtin",
        says="is read from a Prometheus: name one in provider, or write counts or a value",
        change={
            "analysis": {"provider": {"datadog": {"secretRef": {"name": "keys"}}}, **metric(builtin="error-share")},
        },
    ),
    "the default metrics from Graphite": Bad(
        at="spec.analysis.metrics",
        says="has none by default for this provider",
        change={"analysis": {"provider": {"graphite": {"address": "http://graphite"}}}},
    ),
    "a parameter that is ours": Bad(
        at="spec.analysis.provider.prometheus.parameters[0].name",
        says="time is said by the controller: remove it",
        change={"analysis": {"provider": {"prometheus": {"parameters": [{"name": "time", "value": "0"}]}}}},
    ),
    "trust in nobody in particular": Bad(
        at="spec.analysis.provider.prometheus.tls",
        says="give secretRef, or remove tls",
        change={"analysis": {"provider": {"prometheus": {"tls": {}}}}},
    ),
    "a query that says no time": Bad(
        at="spec.analysis.metrics[0].counts.bad",
        says="does not say which time it is about: write {{from}} and {{to}} where its times belong",
        server=False,
        change={
            "analysis": {
                "provider": {"influxDB": {"address": "http://influx", "database": "d", "secretRef": {"name": "token"}}},
                **metric(counts={"bad": "sum()", "total": "sum()"}),
            }
        },
    ),
}
