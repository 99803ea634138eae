"""Metrics: series follow the Canaries, and leave with them."""

from datetime import UTC, datetime
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from analysis.verdict import MetricVerdict, Verdict
from canary.controller.events import EventNumbers
from canary.controller.queue import QueueNumbers, Turn
from canary.web.metrics import MOST_REASONS, CanaryNumbers, Metrics, Sources
from strategies.model import Phase

REVIEWS, RATINGS = ("bookinfo", "reviews"), ("bookinfo", "ratings")
QUEUE = QueueNumbers(depth=3, fast=1, active=2, delayed=5, failing=1, adds=20, retries=4)
Series = dict[tuple[str, ...], float]


def metrics() -> Metrics:
    sources = Sources(queue=lambda: QUEUE, events=lambda: EventNumbers(waiting=1, written=2, dropped=3))
    return Metrics(sources, version="0.1.0")


def series(metrics: Metrics, name: str) -> Series:
    """Samples of a name by their label values, in the order of the labels' names."""
    families = text_string_to_metric_families(metrics.page().decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in samples}


def judged(verdict: Verdict, evidence: float | None = None) -> MetricVerdict:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    return MetricVerdict(metric="errors", verdict=verdict, sentence="", since=since, evidence=evidence, bound=3.0, requests=120)


def test_a_canary_shows_weight_phase_verdict_and_evidence() -> None:
    shown = metrics()
    numbers = CanaryNumbers(phase=Phase.PROGRESSING, weight=Decimal("12.5"), verdicts=(judged(Verdict.PASS, 0.25),))
    shown.show(REVIEWS, numbers)
    assert series(shown, "canary_weight") == {("reviews", "bookinfo"): 12.5}
    assert series(shown, "canary_phase") == {("reviews", "bookinfo", "Progressing"): 1}
    assert series(shown, "canary_verdict") == {("errors", "reviews", "bookinfo", "Pass"): 1}
    assert series(shown, "canary_evidence") == {("errors", "reviews", "bookinfo"): 0.25}
    assert series(shown, "canary_evidence_bound") == {("errors", "reviews", "bookinfo"): 3.0}
    assert series(shown, "canary_requests") == {("errors", "reviews", "bookinfo"): 120}


def test_what_is_over_is_no_longer_shown() -> None:
    shown = metrics()
    shown.show(REVIEWS, CanaryNumbers(phase=Phase.PROGRESSING, verdicts=(judged(Verdict.FAIL, 4.0),)))
    shown.show(REVIEWS, CanaryNumbers(phase=Phase.ROLLED_BACK, last_rollback="AnalysisFailed"))
    assert series(shown, "canary_phase") == {("reviews", "bookinfo", "RolledBack"): 1}
    assert series(shown, "canary_last_rollback_info") == {("reviews", "bookinfo", "AnalysisFailed"): 1}
    assert series(shown, "canary_verdict") == {}


def test_a_deleted_canary_leaves_no_series() -> None:
    shown = metrics()
    shown.show(REVIEWS, CanaryNumbers(phase=Phase.PROGRESSING, verdicts=(judged(Verdict.PASS, 1.0),)))
    shown.rollout_ended(REVIEWS, Phase.PROMOTED, "Promoted")
    shown.show(RATINGS, CanaryNumbers(phase=Phase.IDLE))
    shown.forget(REVIEWS)
    assert "reviews" not in shown.page().decode()
    assert series(shown, "canary_phase") == {("ratings", "bookinfo", "Idle"): 1}


def test_ended_rollouts_are_counted_by_outcome_and_reason() -> None:
    shown = metrics()
    for reason in ("Promoted", "Promoted"):
        shown.rollout_ended(REVIEWS, Phase.PROMOTED, reason)
    shown.rollout_ended(REVIEWS, Phase.ROLLED_BACK, "AnalysisFailed")
    assert series(shown, "canary_rollouts_total") == {
        ("reviews", "bookinfo", "Promoted", "Promoted"): 2,
        ("reviews", "bookinfo", "RolledBack", "AnalysisFailed"): 1,
    }


def test_reasons_are_capped() -> None:
    shown = metrics()
    for number in range(MOST_REASONS + 10):
        shown.rollout_ended(REVIEWS, Phase.ROLLED_BACK, f"Reason{number}")
    counted = series(shown, "canary_rollouts_total")
    assert (len(counted), counted["reviews", "bookinfo", "RolledBack", "Other"]) == (MOST_REASONS + 1, 10)


def test_the_machinery_is_read_at_each_scrape() -> None:
    shown = metrics()
    shown.turn(Turn(key=REVIEWS, fast=True, waited=0.002, worked=0.03, error=None))
    shown.turn(Turn(key=REVIEWS, fast=False, waited=0.2, worked=0.03, error=ValueError()))
    shown.api_request("patch", "deployments", 200)
    shown.api_request("patch", "deployments", 200)
    assert series(shown, "canary_queue_depth") == {
        ("active",): 2,
        ("delayed",): 5,
        ("failing",): 1,
        ("fast",): 1,
        ("waiting",): 2,
    }
    assert series(shown, "canary_queue_wait_seconds_count") == {("fast",): 1, ("normal",): 1}
    assert series(shown, "canary_reconcile_seconds_count") == {("ok",): 1, ("error",): 1}
    assert series(shown, "canary_api_requests_total") == {("200", "deployments", "patch"): 2}
    assert series(shown, "canary_events_dropped_total") == {(): 3}
    assert series(shown, "canary_build_info") == {("0.1.0",): 1}
