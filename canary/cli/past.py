"""Which Prometheus remembers a release, and how it is asked: from a Canary, and what the command line puts in its place."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analysis.providers.prometheus import PrometheusAddress
from canary.api.v1alpha1 import CanarySpec
from canary.errors import Invalid
from canary.offline.past import PastPrometheus, Period

MOST_LOOKS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the command line said about it; `address` None is the Canary's own provider."""

    address: str | None
    token_file: Path | None
    start: datetime
    end: datetime


def past_source(spec: CanarySpec, memory: Memory) -> PastPrometheus:
    """Raises Invalid with the option that is to be given or corrected."""
    _check(spec)
    own = spec.analysis.provider.prometheus if spec.analysis.provider else None
    address = memory.address or (own.address if own else None)
    if address is None:
        raise Invalid("Give --prometheus: the Canary names no provider.")
    if not address.startswith(("http://", "https://")):
        raise Invalid("--prometheus is no URL: write it as http://prometheus:9090.")
    headers = {header.name: header.value for header in own.headers if header.value is not None} if own else {}
    if memory.token_file is not None:
        headers["Authorization"] = f"Bearer {_secret(memory.token_file)}"
    parameters = {parameter.name: parameter.value for parameter in own.parameters} if own else {}
    where = PrometheusAddress(address=address.rstrip("/"), headers=headers, parameters=parameters)
    return PastPrometheus(where, _period(spec, memory))


def _check(spec: CanarySpec) -> None:
    """Only a Prometheus can be asked for every look of the past at once."""
    for metric in spec.analysis.own:
        provider = metric.provider or spec.analysis.provider
        if provider is not None and provider.prometheus is None:
            raise Invalid(f"Metric {metric.name} asks no Prometheus: play it from a recording, with --counters.")


def _period(spec: CanarySpec, memory: Memory) -> Period:
    if memory.end < memory.start:
        raise Invalid("--end is before --start: exchange them.")
    period = Period(start=memory.start, end=memory.end, step=spec.analysis.interval)
    if period.count > MOST_LOOKS:
        raise Invalid(f"From --start to --end the controller would look {period.count:,} times: ask for {MOST_LOOKS:,} at most.")
    return period


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from None
