"""Where metrics come from: exactly one provider, with its own words."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from analysis.plan import Dialect
from analysis.scalars import BY_NAME, Headers, Section, exactly_one, one_of, refuse, refuse_one, section, taken
from analysis.spec.login import Address, AuthSpec, SecretName, TlsSpec
from analysis.spec.number_providers import (
    CloudWatchSpec,
    DatadogSpec,
    GraphiteSpec,
    InfluxDBSpec,
    NewRelicSpec,
    NumberSpec,
    WebSpec,
)

__all__ = ["AuthSpec", "NumberSpec", "ParameterSpec", "PrometheusSpec", "ProviderSpec", "SecretName", "TlsSpec"]

_KINDS = ("prometheus", "web", "datadog", "cloudWatch", "newRelic", "influxDB", "graphite")
_OURS = ("query", "time", "timeout")


class ParameterSpec(Section):
    """A parameter in the URL of every query."""

    model_config = section((f"!(self.name in {list(_OURS)})", "query, time and timeout are said by the controller: remove it"))

    name: Annotated[str, Field(pattern=r"^[-_.a-zA-Z0-9]+$", max_length=64)]
    """Its name, as dedup or partial_response of Thanos."""
    value: Annotated[str, Field(max_length=256)]
    """Its value."""

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name in _OURS:
            raise refuse_one(f"{name} is said by the controller: remove it")
        return name


class PrometheusSpec(Section):
    """A Prometheus, or anything that answers its queries, as Thanos, Mimir and VictoriaMetrics do."""

    address: Address | None = None
    """URL without the API's /api/v1, as http://prometheus.linkerd-viz:9090, or http://mimir:8080/prometheus. Default: the
    controller's own."""
    auth: AuthSpec | None = None
    """How to log in; none by default."""
    headers: Headers = ()
    """Headers that every query carries, as a tenant's name."""
    parameters: Annotated[tuple[ParameterSpec, ...], Field(max_length=16, json_schema_extra=BY_NAME)] = ()
    """Parameters that every query carries, as partial_response: "false" for Thanos."""
    tls: TlsSpec | None = None
    """Certificates, where the public authorities don't do."""
    dialect: Dialect | None = None
    """Whose metric names the builtin metrics are read from. Default: linkerd with router smi, http with router replicas."""

    @field_validator("parameters")
    @classmethod
    def _own_names(cls, parameters: tuple[ParameterSpec, ...]) -> tuple[ParameterSpec, ...]:
        if objections := taken([parameter.name for parameter in parameters], "parameter"):
            raise refuse(*objections)
        return parameters


class ProviderSpec(Section):
    """Where metrics come from."""

    model_config = section(one_of(*_KINDS))

    prometheus: PrometheusSpec | None = None
    """A Prometheus, or anything that answers its queries. The builtin metrics need one."""
    web: WebSpec | None = None
    """Any HTTP API that answers JSON."""
    datadog: DatadogSpec | None = None
    """Datadog."""
    cloud_watch: CloudWatchSpec | None = None
    """Amazon CloudWatch."""
    new_relic: NewRelicSpec | None = None
    """New Relic."""
    influx_db: InfluxDBSpec | None = Field(None, alias="influxDB")
    """InfluxDB."""
    graphite: GraphiteSpec | None = None
    """Graphite."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        exactly_one(_KINDS, (self.prometheus, *self._numbers()))
        return self

    @property
    def numbers(self) -> NumberSpec | None:
        """The provider, unless it is a Prometheus."""
        return next((spec for spec in self._numbers() if spec is not None), None)

    def _numbers(self) -> tuple[NumberSpec | None, ...]:
        return self.web, self.datadog, self.cloud_watch, self.new_relic, self.influx_db, self.graphite
