"""From a section of the resource and its Secrets to numbers read over loopback; what is shared, what is said, what is not."""

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from analysis.collect import Wanted
from analysis.plan import CountsMeasure, Threshold, ValueMeasure
from analysis.reading import Measured, Problem
from analysis.spec.provider import ProviderSpec
from canary.controller.http_guard import Guard
from canary.controller.provider_clients import ProviderClients
from canary.controller.providers import Asker, Place, Providers
from canary.controller.secrets import Secrets
from canary.errors import CanaryError, NotFound
from tests.analysis.providers.serving import Server, certificate, serving
from tests.analysis.world import NOON, a_plan, a_subject

SECRETS = {
    "bearer": {"token": "s3cr3t-bearer\n"},
    "basic": {"username": "me", "password": "s3cr3t-password"},
    "datadog": {"api-key": "s3cr3t-api", "app-key": "s3cr3t-app"},
    "aws": {"access-key-id": "s3cr3t-id", "secret-access-key": "s3cr3t-key"},
    "newrelic": {"api-key": "s3cr3t-key"},
    "half": {"api-key": "s3cr3t-api", "username": "me"},
    "torn": {"token": "s3cr3t\x00token"},
    "ca": {"ca.crt": certificate("ca.crt")},
    "client": {name: certificate(f"client.{name[4:]}") for name in ("tls.crt", "tls.key")} | {"ca.crt": certificate("ca.crt")},
    "bad": {"ca.crt": "no certificate"},
}
VALUE = a_plan("m", ValueMeasure(query="$.n"), Threshold(max=1))
JSON = b'{"n": 0.5}'


@dataclass
class Cluster:
    """Its Secrets are all in namespace shop."""

    read: list[str] = field(default_factory=list)

    async def get(self, resource, name, *, namespace):
        if namespace != "shop" or name not in SECRETS:
            raise NotFound(f"Secret {namespace}/{name} does not exist.")
        self.read.append(name)
        return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in SECRETS[name].items()}}


def providers(address=None, guard=None) -> Providers:
    return Providers(
        address=address,
        timeout=timedelta(seconds=5),
        secrets=Secrets(api=Cluster()),
        clients=ProviderClients(guard=guard or Guard(loopback=True)),
    )


def place(spec, *, namespace="shop", seconds=15, **options) -> Place | None:
    given = None if spec is None else ProviderSpec.model_validate(spec)
    return providers(**options).place(given, Asker(namespace=namespace, interval=timedelta(seconds=seconds)))


async def look(spec, plan=VALUE, **options):
    """What one look at one metric gives."""
    reader = await place(spec, **options).open()
    try:
        return (await reader.look([Wanted(a_subject(), plan)], NOON))["bookinfo", "reviews", plan.name]
    finally:
        await reader.close()


async def refusal(spec, **options) -> str:
    with pytest.raises(CanaryError) as refused:
        await look(spec, **options)
    return refused.value.sentence


def vector(value="1") -> bytes:
    return json.dumps({"data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, value]}]}}).encode()


# -- reading -----------------------------------------------------------------------------------------------------------


async def test_without_a_provider_it_is_the_controllers_own():
    with serving(Server(body=vector())) as address:
        assert Measured(canary=1.0, stable=1.0) == await look(None, address=address)
    assert place(None) is None


@pytest.mark.parametrize(
    ("auth", "sent"),
    [("bearer", "Bearer s3cr3t-bearer"), ("basic", f"Basic {base64.b64encode(b'me:s3cr3t-password').decode()}")],
)
async def test_credentials_come_from_the_canarys_namespace(auth, sent):
    for kind, where, body in (("prometheus", "address", vector()), ("web", "url", JSON), ("graphite", "address", b"[]")):
        server = Server(body=body)
        with serving(server) as address:
            spec = {kind: {where: address, "auth": {"secretRef": {"name": auth}}}}
            await look(spec, VALUE)
            assert {asked.headers["Authorization"] for asked in server.asked} == {sent}
            assert await refusal(spec, namespace="elsewhere") == f"Secret elsewhere/{auth} does not exist."


async def test_headers_come_from_secrets_or_in_plain_sight():
    server = Server(body=vector())
    headers = [{"name": "X-Tenant", "value": "shop"}, {"name": "X-Key", "secretRef": {"name": "bearer"}}]
    with serving(server) as address:
        await look({"prometheus": {"address": address, "headers": headers, "parameters": [{"name": "dedup", "value": "true"}]}})
    assert (server.asked[0].headers["X-Tenant"], server.asked[0].headers["X-Key"]) == ("shop", "s3cr3t-bearer")
    assert "dedup=true" in server.asked[0].path


async def test_certificates_come_from_a_secret():
    for kind, where, body in (("prometheus", "address", vector()), ("web", "url", JSON)):
        with serving(Server(body=body), tls=True, clients=True) as address:
            told = await look({kind: {where: address, "tls": {"secretRef": {"name": "client"}}}})
            assert isinstance(told, Measured)
            told = await look({kind: {where: address, "tls": {"secretRef": {"name": "ca"}}}})
            assert isinstance(told, Problem)


async def test_the_interval_is_filled_in_and_whole_windows_are_asked_for():
    server = Server(body=JSON)
    with serving(server) as address:
        url = f"{address}/{{{{deployment}}}}?every={{{{interval}}}}&from={{{{from}}}}&to={{{{to}}}}"
        spec = {"web": {"url": url, "delay": "10s", "window": "30s", "resolution": "20s"}}
        await look(spec, seconds=5)
    end = int(NOON.timestamp()) - 20
    assert sorted(asked.path for asked in server.asked) == [
        f"/reviews-canary?every=5&from={end - 30}&to={end}",
        f"/reviews?every=5&from={end - 30}&to={end}",
    ]


async def test_every_kind_is_opened_with_its_keys():
    kinds = {
        "datadog": {"secretRef": {"name": "datadog"}},
        "cloudWatch": {"region": "cn-north-1", "secretRef": {"name": "aws"}},
        "newRelic": {"accountId": 1, "region": "eu", "secretRef": {"name": "newrelic"}},
        "influxDB": {"address": "http://influx", "database": "d", "secretRef": {"name": "bearer"}},
        "graphite": {"address": "http://graphite"},
        "web": {"url": "http://api"},
        "prometheus": {"address": "http://prom"},
    }
    for kind, spec in kinds.items():
        reader = await place({kind: spec}).open()
        assert not reader.turned_away
        assert "s3cr3t" not in repr(vars(reader))
        await reader.close()


# -- refusing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"datadog": {"secretRef": {"name": "half"}}}, "Secret shop/half has no app-key: add what the provider needs."),
        (
            {"cloudWatch": {"region": "eu-west-1", "secretRef": {"name": "half"}}},
            "Secret shop/half has no access-key-id and no secret-access-key: add what the provider needs.",
        ),
        ({"newRelic": {"accountId": 1, "secretRef": {"name": "none"}}}, "Secret shop/none does not exist."),
        (
            {"graphite": {"address": "http://g", "auth": {"secretRef": {"name": "half"}}}},
            "Secret shop/half has neither token nor username and password; add one.",
        ),
        (
            {"prometheus": {"address": "http://p", "auth": {"secretRef": {"name": "torn"}}}},
            "Secret shop/torn: token holds characters that no header can carry.",
        ),
        (
            {"prometheus": {"address": "https://p", "tls": {"secretRef": {"name": "bad"}}}},
            "Prometheus at https://p, tls.secretRef: ca.crt holds no certificates in PEM.",
        ),
        (
            {"web": {"url": "https://p", "tls": {"secretRef": {"name": "bad"}}}},
            "spec.analysis.provider, tls.secretRef: ca.crt holds no certificates in PEM.",
        ),
        (
            {"web": {"url": "https://p", "tls": {"secretRef": {"name": "bearer"}}}},
            "Secret shop/bearer has neither ca.crt, nor tls.crt and tls.key; add what is needed.",
        ),
    ],
)
async def test_what_a_secret_lacks_is_said(spec, says):
    assert says == await refusal(spec)


@pytest.mark.parametrize(
    ("url", "guard", "says"),
    [
        ("http://169.254.169.254/latest/meta-data", Guard(loopback=True), "leads to 169.254.169.254, a link-local or metadata"),
        ("http://127.0.0.1:9/", Guard(), "the controller's own machine: CANARY_HOOK_LOOPBACK=true allows that."),
        (
            "http://api.example/",
            Guard(hosts=(".svc",)),
            "is not among the hosts that tests, hooks and metric providers may lead to",
        ),
    ],
)
async def test_nobody_leads_the_controller_where_only_it_can_go(url, guard, says):
    for kind, where in (("web", "url"), ("graphite", "address")):
        told = await look({kind: {where: url}}, guard=guard)
        assert says in told.sentence


async def test_a_named_prometheus_may_be_on_this_machine_and_is_never_the_clouds_metadata():
    clients = ProviderClients(guard=Guard())
    assert clients.doorman("prom", "127.0.0.1") is None
    assert clients.doorman("prom", "10.0.0.1") is None
    assert "metadata" in clients.doorman("prom", "169.254.169.254")


async def test_what_any_address_says_is_not_the_askers_to_read():
    with serving(Server(status=404, body=b"internal matters")) as address:
        told = await look({"web": {"url": address}})
    assert told.sentence == f"The web API at {address} refuses the query (HTTP 404): what it said is not repeated here."


async def test_no_secret_is_in_any_sentence():
    """Whatever the provider repeats."""
    counted = a_plan("m", CountsMeasure(bad="$.n", total="$.n"))
    for status in (200, 400, 401, 403, 429, 500):
        with serving(Server(status=status, echo=True)) as address:
            for kind, where in (("prometheus", "address"), ("web", "url"), ("graphite", "address")):
                for auth in ("bearer", "basic"):
                    spec = {kind: {where: address, "auth": {"secretRef": {"name": auth}}}}
                    for plan in (VALUE, counted):
                        assert "s3cr3t" not in getattr(await look(spec, plan), "sentence", "")


# -- sharing -----------------------------------------------------------------------------------------------------------


def test_canaries_share_what_needs_nothing_of_their_own():
    plain = {"prometheus": {"address": "http://prom"}}
    assert place(plain).name == place(plain, namespace="other").name
    assert place(plain).name == place({"prometheus": {"address": "http://prom", "dialect": "http"}}).name
    assert place(plain).name == place(None, address="http://prom").name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"address": "http://a"}, {"address": "http://b"}),
        ({"address": "http://a"}, {"address": "http://a", "headers": [{"name": "X", "value": "1"}]}),
        (
            {"headers": [{"name": "X", "secretRef": {"name": "s", "key": "a"}}]},
            {"headers": [{"name": "X", "secretRef": {"name": "s", "key": "b"}}]},
        ),
        ({"auth": {"secretRef": {"name": "a"}}}, {"auth": {"secretRef": {"name": "b"}}}),
        ({"parameters": [{"name": "dedup", "value": "true"}]}, {"parameters": [{"name": "dedup", "value": "false"}]}),
        ({"tls": {"insecureSkipVerify": True}}, {}),
    ],
)
def test_whoever_asks_as_another_is_another(one, other):
    assert place({"prometheus": one}, address="http://own").name != place({"prometheus": other}, address="http://own").name


def test_what_is_secret_is_shared_within_a_namespace_only():
    for spec in ({"prometheus": {"auth": {"secretRef": {"name": "s"}}}}, {"datadog": {"secretRef": {"name": "s"}}}):
        assert place(spec, address="http://own").name == place(spec, address="http://own").name
        assert place(spec, address="http://own").name != place(spec, address="http://own", namespace="other").name
