"""What tests and hooks may call: names by their text, addresses at the moment of connecting."""

import ipaddress

import pytest

from canary.controller.http_call import HttpAttempt, HttpCaller
from canary.controller.http_guard import Guard
from canary.errors import Refused
from strategies.spec.calls import HttpSpec
from tests.controller.receiver import receiver
from tests.controller.test_http_call import Vault


def allowed(guard: Guard, address: str) -> bool:
    try:
        guard.check_address("host", ipaddress.ip_address(address))
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_metadata_addresses_are_never_allowed(address: str) -> None:
    assert not allowed(Guard(loopback=True), address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"])
def test_the_controllers_own_machine_is_allowed_only_on_purpose(address: str) -> None:
    assert not allowed(Guard(), address)
    assert allowed(Guard(loopback=True), address)


@pytest.mark.parametrize("address", ["10.96.0.10", "192.168.1.1", "93.184.216.34", "fd12::1", "2606:2800:220:1::1"])
def test_clusters_and_the_world_are_allowed(address: str) -> None:
    assert allowed(Guard(), address)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://reviews-canary.bookinfo.svc/health", True),
        ("https://HOOKS.example.com/x", True),
        ("https://hooks.example.com./x", True),
        ("https://a.hooks.example.com/x", True),
        ("https://evilhooks.example.com/x", False),
        ("https://hooks.example.com.evil.org/x", False),
        ("https://hooks.example.com@evil.org/x", False),
        ("http://10.0.0.1/", False),
        ("ftp://hooks.example.com/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_an_allow_list_compares_whole_labels(url: str, good: bool) -> None:
    guard = Guard(hosts=(".svc", "hooks.example.com"))
    if good:
        guard.check_url(url)
    else:
        with pytest.raises(Refused):
            guard.check_url(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"])
async def test_no_spelling_of_loopback_is_connected_to(host: str) -> None:
    caller = HttpCaller(Vault(), Guard())
    async with receiver() as there:
        port = there.url.rpartition(":")[2]
        spec = HttpSpec(url=f"http://{host}:{port}/x")
        said = await caller.attempt(HttpAttempt(spec=spec, run_id="r", namespace="bookinfo"))
        assert (said.good, said.sent, said.final, there.received) == (False, False, True, [])
        assert "CANARY_HOOK_LOOPBACK=true allows that" in said.sentence
    await caller.close()


async def test_a_name_that_nobody_knows_gets_a_sentence() -> None:
    caller = HttpCaller(Vault(), Guard())
    spec = HttpSpec(url="http://no-such-host.invalid/x")
    said = await caller.attempt(HttpAttempt(spec=spec, run_id="r", namespace="bookinfo"))
    assert said.sentence == "GET http://no-such-host.invalid/x got no answer: no-such-host.invalid can't be resolved."
    await caller.close()
