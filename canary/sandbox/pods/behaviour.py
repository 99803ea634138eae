"""How a pod behaves, read from its environment: `SANDBOX_ERRORS=5%`, `SANDBOX_SLOW=30%@800ms` and the like. Pure.

| variable           | example     | meaning                                                          |
|--------------------|-------------|------------------------------------------------------------------|
| `SANDBOX_ERRORS`   | `5%`        | share of answers that are a 500                                  |
| `SANDBOX_LATENCY`  | `20ms`      | mean time to answer                                              |
| `SANDBOX_SLOW`     | `30%@800ms` | share of answers that take this mean time instead                |
| `SANDBOX_START`    | `2s`        | time until it is ready, or, in a Job, until it exits             |
| `SANDBOX_CRASH`    | `true`      | it exits with 1 once it has started                              |
| `SANDBOX_UNREADY`  | `true`      | it never becomes ready                                           |
| `SANDBOX_HEALTH`   | `failing`   | `/health` answers 500                                            |
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, TypeAlias

from canary.sandbox.objects import Object

PREFIX = "SANDBOX_"
DEFAULT_START = timedelta(milliseconds=300)
# Spread of the log-normal answer times around their mean: most within a third of it.
_SIGMA = 0.3
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m)", re.ASCII)
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%", re.ASCII)
_LONGEST = timedelta(hours=1)


class BadBehaviour(ValueError):
    """The environment asks for what the sandbox doesn't know; the message names every such variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A share (0 to 1) of answers, and their mean time."""

    share: float
    latency: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """`errors` is a share (0 to 1); `start` None means the sandbox's own start-up delay."""

    errors: float = 0.0
    latency: timedelta = timedelta(0)
    slow: Slow | None = None
    start: timedelta | None = None
    crash: bool = False
    unready: bool = False
    failing_health: bool = False

    def delay(self, rng: Random) -> float:
        """Draw the seconds that one answer takes."""
        slow = self.slow is not None and rng.random() < self.slow.share
        mean = self.slow.latency if slow and self.slow is not None else self.latency
        seconds = mean.total_seconds()
        return rng.lognormvariate(math.log(seconds) - _SIGMA**2 / 2, _SIGMA) if seconds else 0.0

    def fails(self, rng: Random) -> bool:
        return rng.random() < self.errors


def environment_of(pod: Object) -> dict[str, str | None]:
    """Collect the containers' variables that are meant for us; None stands for one whose value is not given literally."""
    found = {}
    for container in pod["spec"].get("containers") or []:
        for each in container.get("env") or []:
            if each["name"].startswith(PREFIX):
                found[each["name"]] = None if "valueFrom" in each else str(each.get("value", ""))
    return found


def behaviour_from(environment: Mapping[str, str | None]) -> Behaviour:
    """Parse. Raises BadBehaviour with a sentence for each variable that is unknown or malformed."""
    read: dict[str, Any] = {}
    wrong = []
    for name, value in environment.items():
        known = _PARSERS.get(name)
        if known is None:
            wrong.append(f"{name} is unknown; the sandbox knows {', '.join(sorted(_PARSERS))}")
        elif value is None:
            wrong.append(f"{name} needs a literal value; the sandbox does not follow valueFrom")
        else:
            field, parse = known
            try:
                read[field] = parse(value.strip())
            except ValueError as error:
                wrong.append(f"{name}={value!r}: {error}")
    if wrong:
        raise BadBehaviour("; ".join(wrong))
    return Behaviour(**read)


def _duration(value: str) -> timedelta:
    match = _DURATION.fullmatch(value)
    if match is None:
        raise ValueError("expected a duration such as 20ms, 1.5s or 2m")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST.total_seconds():
        raise ValueError("more than an hour")
    return timedelta(seconds=seconds)


def _share(value: str) -> float:
    match = _SHARE.fullmatch(value)
    if match is None or float(match[1]) > 100:
        raise ValueError("expected a percentage from 0% to 100%, such as 5%")
    return float(match[1]) / 100


def _slow(value: str) -> Slow:
    share, at, latency = value.partition("@")
    if not at:
        raise ValueError("expected a share and a duration, such as 30%@800ms")
    return Slow(share=_share(share), latency=_duration(latency))


def _flag(value: str) -> bool:
    if value not in {"true", "false"}:
        raise ValueError("expected true or false")
    return value == "true"


def _health(value: str) -> bool:
    if value not in {"ok", "failing"}:
        raise ValueError("expected ok or failing")
    return value == "failing"


_Parser: TypeAlias = Callable[[str], object]
_PARSERS: dict[str, tuple[str, _Parser]] = {
    "SANDBOX_ERRORS": ("errors", _share),
    "SANDBOX_LATENCY": ("latency", _duration),
    "SANDBOX_SLOW": ("slow", _slow),
    "SANDBOX_START": ("start", _duration),
    "SANDBOX_CRASH": ("crash", _flag),
    "SANDBOX_UNREADY": ("unready", _flag),
    "SANDBOX_HEALTH": ("failing_health", _health),
}
