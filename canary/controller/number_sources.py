"""From the section of a provider that answers numbers to what asks it.

Modules of providers are imported when somebody asks one of them, not before: most controllers ask one kind, or none of these.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from analysis.providers.base import NumberSource
from analysis.providers.circuit import rest_after
from analysis.providers.http import Manners
from analysis.providers.redaction import secrets_of
from analysis.spec.number_providers import (
    CloudWatchSpec,
    DatadogSpec,
    GraphiteSpec,
    InfluxDBSpec,
    NewRelicRegion,
    NewRelicSpec,
    NumberSpec,
    WebSpec,
)
from analysis.templates import settle
from canary.controller.logins import Logins
from canary.controller.provider_clients import ProviderClients


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSources:
    """Opens providers for the Canaries of one namespace that look at this interval."""

    clients: ProviderClients
    logins: Logins
    timeout: timedelta
    interval: timedelta

    async def open(self, spec: NumberSpec) -> NumberSource:
        """Raises CanaryError for credentials that are missing, and BadCertificate."""
        match spec:
            case WebSpec():
                return await self._web(spec)
            case DatadogSpec():
                return await self._datadog(spec)
            case CloudWatchSpec():
                return await self._cloudwatch(spec)
            case NewRelicSpec():
                return await self._newrelic(spec)
            case InfluxDBSpec():
                return await self._influxdb(spec)
            case GraphiteSpec():
                return await self._graphite(spec)

    async def _web(self, spec: WebSpec) -> NumberSource:
        from analysis.providers.web import Web, WebAddress

        headers = await self.logins.headers(spec.headers, spec.auth)
        tls = await self.logins.tls(spec.tls)
        body = None if spec.body is None else settle(spec.body, self.interval)
        where = WebAddress(url=settle(spec.url, self.interval), method=spec.method.value, body=body, headers=headers)
        manners = replace(self._manners(_at("The web API", spec.url), *headers.values()), quotes=False)
        return Web(where, self.clients.client(tls), manners)

    async def _datadog(self, spec: DatadogSpec) -> NumberSource:
        from analysis.providers.datadog import Datadog, DatadogAccount

        keys = await self.logins.keys(spec.secret_ref.name, "api-key", "app-key")
        account = DatadogAccount(address=f"https://api.{spec.site}", api_key=keys["api-key"], app_key=keys["app-key"])
        return Datadog(account, self.clients.client(None), self._manners(f"Datadog ({spec.site})", *keys.values()))

    async def _cloudwatch(self, spec: CloudWatchSpec) -> NumberSource:
        from analysis.providers.cloudwatch import CloudWatch, CloudWatchRegion
        from analysis.providers.signature import AwsKey

        keys = await self.logins.keys(spec.secret_ref.name, "access-key-id", "secret-access-key", optional=("session-token",))
        key = AwsKey(
            access_key_id=keys["access-key-id"],
            secret_access_key=keys["secret-access-key"],
            session_token=keys.get("session-token"),
        )
        where = CloudWatchRegion(
            address=f"https://monitoring.{spec.region}.amazonaws.com{'.cn' if spec.region.startswith('cn-') else ''}",
            region=spec.region,
            key=key,
            period=int(spec.resolution.total_seconds()),
        )
        return CloudWatch(where, self.clients.client(None), self._manners(f"CloudWatch ({spec.region})", *keys.values()))

    async def _newrelic(self, spec: NewRelicSpec) -> NumberSource:
        from analysis.providers.newrelic import NewRelic, NewRelicAccount

        keys = await self.logins.keys(spec.secret_ref.name, "api-key")
        host = "api.eu.newrelic.com" if spec.region is NewRelicRegion.EU else "api.newrelic.com"
        account = NewRelicAccount(address=f"https://{host}", account=spec.account_id, api_key=keys["api-key"])
        return NewRelic(account, self.clients.client(None), self._manners(f"New Relic ({spec.region})", *keys.values()))

    async def _influxdb(self, spec: InfluxDBSpec) -> NumberSource:
        from analysis.providers.influxdb import InfluxAddress, InfluxDB

        keys = await self.logins.keys(spec.secret_ref.name, "token")
        tls = await self.logins.tls(spec.tls)
        where = InfluxAddress(address=spec.address, language=spec.language, database=spec.database, token=keys["token"])
        return InfluxDB(where, self.clients.client(tls), self._manners(_at("InfluxDB", spec.address), *keys.values()))

    async def _graphite(self, spec: GraphiteSpec) -> NumberSource:
        from analysis.providers.graphite import Graphite, GraphiteAddress

        headers = await self.logins.headers(spec.headers, spec.auth)
        tls = await self.logins.tls(spec.tls)
        where = GraphiteAddress(address=spec.address, headers=headers)
        return Graphite(where, self.clients.client(tls), self._manners(_at("Graphite", spec.address), *headers.values()))

    def _manners(self, name: str, *secrets: str) -> Manners:
        return Manners(name=name, timeout=self.timeout, rest=rest_after(self.interval), secrets=secrets_of(secrets))


def _at(kind: str, url: str) -> str:
    parts = urlsplit(url)
    return f"{kind} at {parts.scheme}://{parts.netloc}"
