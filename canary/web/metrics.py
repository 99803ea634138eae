"""What the controller tells Prometheus about itself and its Canaries.

Numbers about a Canary are kept as one frozen snapshot per Canary and turned into series when somebody scrapes: a Canary that is
deleted leaves nothing behind, and a phase or verdict that is over is simply no longer there. Labels come from closed sets or from
the resource; the one open one, a rollout's reason, is capped.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from analysis.verdict import MetricVerdict
from canary.controller.events import EventNumbers
from canary.controller.queue import Key, QueueNumbers, Turn
from strategies.model import Phase

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

MOST_REASONS = 20
OTHER = "Other"

_WAITS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.5, 10, 60)
_WORKS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryNumbers:
    """A Canary as its metrics show it. `weight` is in percent; `last_rollback` is a reason, None when there was none."""

    phase: Phase
    weight: Decimal = Decimal(0)
    verdicts: tuple[MetricVerdict, ...] = ()
    last_rollback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where numbers that somebody else keeps are read at each scrape."""

    queue: Callable[[], QueueNumbers]
    events: Callable[[], EventNumbers]


@dataclass(slots=True)
class _Entry:
    numbers: CanaryNumbers | None = None
    ended: Tally[tuple[str, str]] = field(default_factory=Tally)  # (outcome, reason) -> rollouts


class Metrics:
    """The registry and the ways to feed it. All methods return at once."""

    def __init__(self, sources: Sources, *, version: str) -> None:
        self._canaries: dict[Key, _Entry] = {}
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Canaries(self._canaries))
        self.registry.register(_Machinery(sources))
        ProcessCollector(registry=self.registry)
        Info("canary_build", "The running controller.", registry=self.registry).info({"version": version})
        self._waited = Histogram(
            "canary_queue_wait_seconds",
            "How long keys stood in line.",
            ["lane"],
            buckets=_WAITS,
            registry=self.registry,
        )
        self._worked = Histogram(
            "canary_reconcile_seconds", "How long a Canary was handled.", ["result"], buckets=_WORKS, registry=self.registry
        )
        self._requests = Counter(
            "canary_api_requests",
            "Requests to the Kubernetes API; code 0 stands for no answer.",
            ["verb", "resource", "code"],
            registry=self.registry,
        )

    def show(self, key: Key, numbers: CanaryNumbers) -> None:
        """A Canary now stands like this."""
        self._canaries.setdefault(key, _Entry()).numbers = numbers

    def rollout_ended(self, key: Key, outcome: Phase, reason: str) -> None:
        """A rollout came to its end: `Promoted` or `RolledBack`."""
        ended = self._canaries.setdefault(key, _Entry()).ended
        known = (outcome.value, reason) in ended or len(ended) < MOST_REASONS
        ended[outcome.value, reason if known else OTHER] += 1

    def forget(self, key: Key) -> None:
        """A Canary is gone, and with it all its series."""
        self._canaries.pop(key, None)

    def turn(self, turn: Turn) -> None:
        """The queue has handled a key."""
        self._waited.labels("fast" if turn.fast else "normal").observe(turn.waited)
        self._worked.labels("ok" if turn.error is None else "error").observe(turn.worked)

    def api_request(self, verb: str, resource: str, code: int) -> None:
        """The Kubernetes API was asked; `resource` is a plural such as `deployments`, `code` 0 when there was no answer."""
        self._requests.labels(verb, resource, str(code)).inc()

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Canaries(Collector):
    def __init__(self, canaries: dict[Key, _Entry]) -> None:
        self._canaries = canaries

    def collect(self) -> Iterator[Metric]:
        name = ["namespace", "name"]
        weight = GaugeMetricFamily("canary_weight", "The canary's share of traffic, in percent.", labels=name)
        phase = GaugeMetricFamily("canary_phase", "1 for the phase that the Canary is in.", labels=[*name, "phase"])
        rollback = GaugeMetricFamily("canary_last_rollback_info", "Why the last rollback happened.", labels=[*name, "reason"])
        rollouts = CounterMetricFamily("canary_rollouts", "Rollouts that have ended.", labels=[*name, "outcome", "reason"])
        for key, entry in list(self._canaries.items()):
            for (outcome, reason), count in list(entry.ended.items()):
                rollouts.add_metric([*key, outcome, reason], count)
            if (numbers := entry.numbers) is None:
                continue
            weight.add_metric([*key], float(numbers.weight))
            phase.add_metric([*key, numbers.phase.value], 1)
            if numbers.last_rollback is not None:
                rollback.add_metric([*key, numbers.last_rollback], 1)
        yield from (weight, phase, rollback, rollouts)
        yield from self._judged()

    def _judged(self) -> Iterator[Metric]:
        name = ["namespace", "name", "metric"]
        verdict = GaugeMetricFamily("canary_verdict", "1 for the verdict on a metric.", labels=[*name, "verdict"])
        evidence = GaugeMetricFamily("canary_evidence", "How much speaks against the canary.", labels=name)
        bound = GaugeMetricFamily("canary_evidence_bound", "The evidence that convicts.", labels=name)
        requests = GaugeMetricFamily("canary_requests", "Canary requests that were judged in this rollout.", labels=name)
        for key, entry in list(self._canaries.items()):
            for judged in entry.numbers.verdicts if entry.numbers else ():
                verdict.add_metric([*key, judged.metric, judged.verdict.value], 1)
                requests.add_metric([*key, judged.metric], judged.requests)
                if judged.evidence is not None:
                    evidence.add_metric([*key, judged.metric], judged.evidence)
                if judged.bound is not None:
                    bound.add_metric([*key, judged.metric], judged.bound)
        yield from (verdict, evidence, bound, requests)


class _Machinery(Collector):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        queue, events = self._sources.queue(), self._sources.events()
        depth = GaugeMetricFamily("canary_queue_depth", "Keys by where they stand.", labels=["state"])
        for state, count in (
            ("waiting", queue.depth - queue.fast),
            ("fast", queue.fast),
            ("active", queue.active),
            ("delayed", queue.delayed),
            ("failing", queue.failing),
        ):
            depth.add_metric([state], count)
        yield depth
        yield CounterMetricFamily("canary_queue_adds", "Keys added, doubles included.", value=queue.adds)
        yield CounterMetricFamily("canary_queue_retries", "Keys put back after an error.", value=queue.retries)
        yield GaugeMetricFamily("canary_events_waiting", "Kubernetes Events that wait to be written.", value=events.waiting)
        yield CounterMetricFamily("canary_events_written", "Kubernetes Events written.", value=events.written)
        yield CounterMetricFamily("canary_events_dropped", "Kubernetes Events dropped.", value=events.dropped)
