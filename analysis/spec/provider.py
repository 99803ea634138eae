"""Where metrics come from."""

from typing import Annotated

from pydantic import Field

from analysis.plan import Dialect
from analysis.scalars import OBJECT_NAME, Headers, Section


class SecretName(Section):
    """A Secret in the Canary's own namespace."""

    name: Annotated[str, Field(pattern=OBJECT_NAME, min_length=1, max_length=253)]
    """Name of the Secret."""


class AuthSpec(Section):
    """How to log in."""

    secret_ref: SecretName
    """A Secret with the key `token` for a bearer token, or `username` and `password`."""


class PrometheusSpec(Section):
    """A Prometheus, or anything that answers its queries."""

    address: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=1024)] | None = None
    """URL without the path of the API, as http://prometheus.linkerd-viz:9090. Default: the controller's own."""
    auth: AuthSpec | None = None
    """How to log in; none by default."""
    headers: Headers = ()
    """Headers that every query carries, as a tenant's name."""
    dialect: Dialect | None = None
    """Whose metric names the builtin metrics are read from. Default: linkerd with router smi, http with router replicas."""


class ProviderSpec(Section):
    """Where metrics come from."""

    prometheus: PrometheusSpec
    """A Prometheus, or anything that answers its queries."""
