"""Where metrics are read: from a provider's section of the resource to its reader, and whom a reader may be shared with."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta

from analysis.numbers import NumbersReader, Pace
from analysis.providers.circuit import rest_after
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.providers.tls import BadCertificate
from analysis.readers import PrometheusReader, Reader
from analysis.spec.number_providers import NumberSpec
from analysis.spec.provider import PrometheusSpec, ProviderSpec
from canary.controller.logins import Logins
from canary.controller.number_sources import NumberSources
from canary.controller.provider_clients import ProviderClients
from canary.controller.secrets import Secrets
from canary.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where metrics are read. `name` tells providers, and as whom they are asked, apart; `open` may raise CanaryError."""

    name: Hashable
    open: Callable[[], Awaitable[Reader]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the Canaries of one namespace that look at one interval."""

    namespace: str
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """`address` is the controller's own Prometheus, None where it has none."""

    address: str | None
    timeout: timedelta
    secrets: Secrets
    clients: ProviderClients

    def place(self, spec: ProviderSpec | None, asker: Asker) -> Place | None:
        """Where the provider of this section is; None where nobody named one."""
        if spec is not None and (numbers := spec.numbers) is not None:
            name = (asker.namespace, spec.model_dump_json(exclude_none=True))
            return Place(name=name, open=lambda: self._numbers(numbers, asker))
        prometheus = PrometheusSpec() if spec is None or spec.prometheus is None else spec.prometheus
        address = prometheus.address or self.address
        if address is None:
            return None
        return Place(
            name=_identity(address, prometheus, asker.namespace),
            open=lambda: self._prometheus(address, prometheus, asker),
        )

    async def _prometheus(self, address: str, spec: PrometheusSpec, asker: Asker) -> Reader:
        logins = Logins(secrets=self.secrets, namespace=asker.namespace)
        where = PrometheusAddress(
            address=address,
            headers=await logins.headers(spec.headers, spec.auth),
            parameters={parameter.name: parameter.value for parameter in spec.parameters},
            tls=await logins.tls(spec.tls),
            timeout=self.timeout,
            rest=rest_after(asker.interval),
        )
        doorman = None if address == self.address else self.clients.doorman
        try:
            return PrometheusReader(PrometheusSource(where, doorman=doorman))
        except BadCertificate as error:
            raise Misconfigured(f"{where.name}, tls.secretRef: {error}.") from None

    async def _numbers(self, spec: NumberSpec, asker: Asker) -> Reader:
        logins = Logins(secrets=self.secrets, namespace=asker.namespace)
        sources = NumberSources(clients=self.clients, logins=logins, timeout=self.timeout, interval=asker.interval)
        try:
            source = await sources.open(spec)
        except BadCertificate as error:
            raise Misconfigured(f"spec.analysis.provider, tls.secretRef: {error}.") from None
        return NumbersReader(source, Pace(delay=spec.delay, lookback=spec.window, grain=spec.resolution))


def _identity(address: str, spec: PrometheusSpec, namespace: str) -> Hashable:
    """Canaries of all namespaces share what needs nothing of their own."""
    own = namespace if spec.auth or spec.headers or spec.tls else ""
    return own, address, spec.model_dump_json(exclude={"address", "dialect"}, exclude_none=True)
