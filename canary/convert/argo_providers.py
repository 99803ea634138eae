"""Where a metric of Argo Rollouts is measured: the provider as ours, and the query that goes with it."""

from collections.abc import Callable
from typing import Any

from canary.convert.fields import Fields

Source = tuple[dict[str, Any] | None, str]
"""A provider (None: the controller's own Prometheus) and a query."""

_JOB = "Run it as a test: spec.tests[].job of the Canary, named by the steps that need it."
_AT_ARGO = "Its credentials are in a Secret of Argo's own namespace: write provider.{} with a Secret beside the Canary."
_ELSEWHERE = {
    "job": _JOB,
    "kayenta": "Judge a value by `rank`, which is Kayenta's own test, or give its configuration to `canary judge`.",
    "newRelic": _AT_ARGO.format("newRelic"),
    "influxdb": _AT_ARGO.format("influxDB"),
    "cloudWatch": "Write provider.cloudWatch with its region and a Secret, and the query as a list of MetricDataQueries.",
    "wavefront": "There is no such provider: provider.web asks any HTTP API that answers JSON.",
    "skywalking": "There is no such provider: provider.web asks any HTTP API that answers JSON.",
    "plugin": "There are no plugins: provider.web asks any HTTP API that answers JSON.",
}


def source_of(metric: Fields) -> Source | None:
    """The source of a metric; None when it was left out."""
    given = metric.within("provider")
    for name, read in _READ.items():
        if name in given:
            return read(given.within(name))
    for name, instead in _ELSEWHERE.items():
        given.left_out(instead, name)
    return None


def _prometheus(fields: Fields) -> Source:
    prometheus: dict[str, Any] = {}
    if address := fields.text("address"):
        prometheus["address"] = address.rstrip("/")
    if headers := _headers(fields):
        prometheus["headers"] = headers
    if fields.take("insecure"):
        prometheus["tls"] = {"insecureSkipVerify": True}
    fields.left_out("Write provider.prometheus.auth with a Secret (token, or username and password).", "authentication")
    fields.left_out("A query is instant: take avg_over_time, or quantile_over_time, of it.", "rangeQuery")
    fields.not_needed("The controller's --query-timeout holds for all.", "timeout")
    return {"prometheus": prometheus} if prometheus else None, fields.text("query").strip()


def _web(fields: Fields) -> Source:
    web: dict[str, Any] = {"url": fields.text("url")}
    if (method := fields.text("method", "GET")) != "GET":
        web["method"] = method
    if body := fields.text("body"):
        web["body"] = body
    if headers := _headers(fields):
        web["headers"] = headers
    if fields.take("insecure"):
        web["tls"] = {"insecureSkipVerify": True}
    fields.left_out("Write it as text in provider.web.body.", "jsonBody")
    fields.left_out("Write provider.web.auth with a Secret (token, or username and password).", "authentication")
    fields.not_needed("Every question has a timeout.", "timeoutSeconds")
    return {"web": web}, fields.text("jsonPath", "$").strip().removeprefix("{").removesuffix("}")


def _datadog(fields: Fields) -> Source | None:
    secret = fields.within("secretRef")
    name = secret.text("name")
    secret.left_out("Secrets are those of the Canary's own namespace.", "namespaced")
    fields.left_out("Write one query of the metrics explorer.", "queries", "formula", "formulas")
    fields.not_needed("The window is provider.datadog.window.", "interval", "aggregator")
    fields.not_needed("There is one API.", "apiVersion")
    if not name:
        fields.notes.left_out(fields.path, _AT_ARGO.format("datadog"))
        return None
    fields.notes.differs(secret.at("name"), "The Secret needs the keys api-key and app-key, in the Canary's namespace.")
    return {"datadog": {"secretRef": {"name": name}}}, fields.text("query").strip()


def _graphite(fields: Fields) -> Source:
    return {"graphite": {"address": fields.text("address").rstrip("/")}}, fields.text("query").strip()


def _headers(fields: Fields) -> list[dict[str, str]]:
    return [{"name": header.text("key"), "value": header.text("value")} for header in fields.each("headers")]


_READ: dict[str, Callable[[Fields], Source | None]] = {
    "prometheus": _prometheus,
    "web": _web,
    "datadog": _datadog,
    "graphite": _graphite,
}
