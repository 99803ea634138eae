import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException

from canary.k8s.exec_token import ExecToken

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Plugin:
    """A plugin with a clock: each token is named by its number and lives for `life`."""

    def __init__(self, life: timedelta | None = HOUR) -> None:
        self.now = START
        self.life = life
        self.runs = 0
        self.broken = False
        self.configuration = Configuration(api_key={"BearerToken": "Bearer 0"})
        expires = START + life if life else None
        self.token = ExecToken(self.configuration, self.run, now=lambda: self.now, expires=expires)

    async def run(self) -> dict:
        self.runs += 1
        await asyncio.sleep(0)
        if self.broken:
            raise ConfigException("exec: process returned 1")
        expiry = {"expirationTimestamp": (self.now + self.life).isoformat().replace("+00:00", "Z")} if self.life else {}
        return {"token": str(self.runs), **expiry}

    async def sent(self, after: timedelta = timedelta(0)) -> str | None:
        """What a request `after` later carries."""
        self.now += after
        return await self.configuration.get_api_key_with_prefix("BearerToken")


@pytest.mark.parametrize("life", [HOUR, None])
async def test_a_fresh_token_is_left_alone(life: timedelta | None) -> None:
    plugin = Plugin(life)
    assert (await plugin.sent(HOUR * 0.79), plugin.runs) == ("Bearer 0", 0)


async def test_renewed_early_without_making_requests_wait() -> None:
    plugin = Plugin()
    assert await plugin.sent(HOUR * 0.81) == "Bearer 0"
    while plugin.configuration.api_key["BearerToken"] == "Bearer 0":
        await asyncio.sleep(0)
    assert (await plugin.sent(), plugin.runs) == ("Bearer 1", 1)


async def test_requests_wait_when_the_token_has_expired_and_share_one_run() -> None:
    plugin = Plugin()
    plugin.now += HOUR
    assert await asyncio.gather(plugin.sent(), plugin.sent(), plugin.sent()) == ["Bearer 1"] * 3
    assert plugin.runs == 1


async def test_a_token_without_expiry_is_renewed_when_the_server_refuses_it() -> None:
    plugin = Plugin(None)
    assert plugin.token.refuse("Bearer 0")
    assert await plugin.sent() == "Bearer 1"


async def test_a_late_refusal_of_an_old_token_does_not_cost_the_new_one() -> None:
    plugin = Plugin(None)
    plugin.token.refuse("Bearer 0")
    await plugin.sent()
    assert plugin.token.refuse("Bearer 0")
    assert (await plugin.sent(HOUR), plugin.runs) == ("Bearer 1", 1)


async def test_a_broken_plugin_is_asked_again_after_a_pause() -> None:
    plugin = Plugin()
    plugin.broken = True
    assert await plugin.sent(HOUR) == "Bearer 0"
    assert (await plugin.sent(timedelta(seconds=9)), plugin.runs) == ("Bearer 0", 1)
    plugin.broken = False
    assert (await plugin.sent(timedelta(seconds=2)), plugin.runs) == ("Bearer 2", 2)


async def test_a_refusal_within_the_pause_is_final() -> None:
    plugin = Plugin(None)
    plugin.token.refuse("Bearer 0")
    await plugin.sent()
    assert not plugin.token.refuse("Bearer 1")
