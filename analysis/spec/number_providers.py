"""Providers that answer numbers instead of raw counters: they judge values, and counts by windows that follow on each other."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.providers.base import InfluxLanguage
from analysis.scalars import Duration, Headers, Interval, refuse_one, section
from analysis.spec.login import Address, AuthSpec, SecretName, TlsSpec, WindowedSpec
from analysis.templates import BadTemplate, check

_URL = r"^https?://[^\s/?#@{}]+([/?][^\s#]*)?$"
_SITE = r"^([a-z0-9]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)$"
_REGION = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"


class WebMethod(StrEnum):
    """How JSON is asked for."""

    GET = "GET"
    POST = "POST"


class NewRelicRegion(StrEnum):
    """Where an account's data are kept."""

    US = "us"
    EU = "eu"


class WebSpec(WindowedSpec):
    """Any HTTP API that answers JSON. A metric's queries are the JSONPaths of its numbers, as $.data.p99."""

    model_config = section(("!has(self.body) || self.method == 'POST'", "a body needs method: POST"))

    url: Annotated[str, Field(pattern=_URL, max_length=2048)]
    """Where the JSON is. {{leaf}}, {{deployment}}, {{pods}}, {{service}}, {{namespace}}, {{canary}}, {{interval}} (seconds),
    {{from}} and {{to}} (seconds of the epoch) are filled in behind the host, once per version."""
    method: WebMethod = WebMethod.GET
    """GET or POST."""
    body: Annotated[str, Field(max_length=8192)] | None = None
    """JSON to be posted, with the same placeholders inside its strings."""
    headers: Headers = ()
    """Headers of every request."""
    auth: AuthSpec | None = None
    """How to log in; none by default."""
    tls: TlsSpec | None = None
    """Certificates, where the public authorities don't do."""

    @field_validator("url", "body")
    @classmethod
    def _placeholders(cls, template: str | None) -> str | None:
        try:
            check(template or "{{canary}}")
        except BadTemplate as error:
            raise refuse_one(str(error)) from None
        return template

    @model_validator(mode="after")
    def _body_is_posted(self) -> Self:
        if self.body is not None and self.method is not WebMethod.POST:
            raise refuse_one("a body needs method: POST", "body")
        return self


class DatadogSpec(WindowedSpec):
    """Datadog. A query is one of the metrics explorer, as sum:shop.orders.failed{kube_deployment:{{deployment}}}.as_count()."""

    site: Annotated[str, Field(pattern=_SITE, max_length=64)] = "datadoghq.com"
    """Your account's site, as datadoghq.eu or us5.datadoghq.com."""
    secret_ref: SecretName
    """A Secret with the keys `api-key` and `app-key`; the application key needs the scope timeseries_query."""
    delay: Duration = timedelta(minutes=1)
    """How late data are complete."""
    window: Interval = timedelta(minutes=5)
    """How far back the latest point may lie."""
    resolution: Interval = timedelta(minutes=1)
    """Windows begin and end at multiples of this."""


class CloudWatchSpec(WindowedSpec):
    """Amazon CloudWatch. A query is an expression of metric math or Metrics Insights, or a JSON list of MetricDataQueries."""

    region: Annotated[str, Field(pattern=_REGION, max_length=32)]
    """The region, as eu-west-1."""
    secret_ref: SecretName
    """A Secret with the keys `access-key-id` and `secret-access-key`, and `session-token` for temporary ones. They need
    cloudwatch:GetMetricData."""
    delay: Duration = timedelta(minutes=2)
    """How late data are complete."""
    window: Interval = timedelta(minutes=5)
    """How far back the latest point may lie."""
    resolution: Interval = timedelta(minutes=1)
    """Windows begin and end at multiples of this, which is also an expression's period."""


class NewRelicSpec(WindowedSpec):
    """New Relic. A query is NRQL that selects one number; SINCE and UNTIL are added to it."""

    account_id: Annotated[int, Field(ge=1, le=2147483647)]
    """The account's number."""
    region: NewRelicRegion = NewRelicRegion.US
    """us or eu."""
    secret_ref: SecretName
    """A Secret with the key `api-key`: a user key."""
    delay: Duration = timedelta(seconds=30)
    """How late data are complete."""


class InfluxDBSpec(WindowedSpec):
    """InfluxDB. A query gives one row per series, and holds the time as {{from}} (included) and {{to}} (not)."""

    address: Address
    """URL without the path of the API."""
    language: InfluxLanguage = InfluxLanguage.FLUX
    """flux (InfluxDB 2, and cloud), sql or influxql (InfluxDB 3)."""
    database: Annotated[str, Field(min_length=1, max_length=256)]
    """The database; for Flux the organization, since its queries name their bucket."""
    secret_ref: SecretName
    """A Secret with the key `token`."""
    tls: TlsSpec | None = None
    """Certificates, where the public authorities don't do."""
    delay: Duration = timedelta(seconds=30)
    """How late data are complete."""


class GraphiteSpec(WindowedSpec):
    """Graphite, or anything that answers its render API. A query is a target."""

    address: Address
    """URL without /render."""
    auth: AuthSpec | None = None
    """How to log in; none by default."""
    headers: Headers = ()
    """Headers of every request."""
    tls: TlsSpec | None = None
    """Certificates, where the public authorities don't do."""
    delay: Duration = timedelta(minutes=1)
    """How late data are complete."""
    window: Interval = timedelta(minutes=5)
    """How far back the latest point may lie."""
    resolution: Interval = timedelta(minutes=1)
    """Windows begin and end at multiples of this: the finest retention of your metrics, or a multiple of it."""


NumberSpec = WebSpec | DatadogSpec | CloudWatchSpec | NewRelicSpec | InfluxDBSpec | GraphiteSpec
