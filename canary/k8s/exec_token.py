"""Keeps the token of a kubeconfig's exec plugin fresh.

The plugin runs when four fifths of the token's life are over or when the API server has refused it, one run at a time and not
more often than every few seconds. While the old token still lives, requests don't wait for the new one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException

log = structlog.get_logger(__name__)

RUN_DEADLINE = timedelta(seconds=60)
PAUSE = timedelta(seconds=10)


class ExecToken:
    """The current token's life; `expires` None means that it is good until the server refuses it."""

    def __init__(
        self,
        configuration: Configuration,
        run: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        now: Callable[[], datetime],
        expires: datetime | None,
        pause: timedelta = PAUSE,
    ) -> None:
        self._configuration = configuration
        self._run = run
        self._now = now
        self._pause = pause
        self._refused = False
        self._running: asyncio.Task[None] | None = None
        self._not_before = now()
        self._accept(expires)
        configuration.refresh_api_key_hook = self.refresh  # type: ignore[assignment]  # declared as always None

    async def refresh(self, _: Configuration) -> None:
        """The configuration's hook, called before each request; never raises, a stale token is for the server to refuse."""
        if not self._due():
            return
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._renew())
        if self._refused or (self._expires is not None and self._now() >= self._expires):
            await asyncio.shield(self._running)

    def refuse(self, used: str | None) -> bool:
        """The server answered 401 to the credentials `used`; True when the next request will bring others."""
        if used != self._configuration.api_key.get("BearerToken"):
            return True
        self._refused = True
        return self._due()

    def close(self) -> None:
        """Stop waiting for a plugin that still runs."""
        if self._running is not None:
            self._running.cancel()

    def _due(self) -> bool:
        now = self._now()
        return now >= self._not_before and (self._refused or (self._renew_at is not None and now >= self._renew_at))

    def _accept(self, expires: datetime | None) -> None:
        now = self._now()
        self._expires = expires
        self._renew_at = now + (expires - now) * 4 / 5 if expires is not None else None

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(RUN_DEADLINE.total_seconds()):
                status = await self._run()
            self._configuration.api_key["BearerToken"] = f"Bearer {status['token']}"
            self._accept(_expiry(status))
            self._refused = False
        except (ConfigException, OSError, ValueError, KeyError) as error:
            log.warning("the kubeconfig's exec plugin gave no new token", error=str(error) or type(error).__name__)
        finally:
            self._not_before = self._now() + self._pause


def _expiry(status: Mapping[str, Any]) -> datetime | None:
    stamp = status.get("expirationTimestamp")
    return datetime.fromisoformat(stamp) if stamp else None
