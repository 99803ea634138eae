"""Counters and the hour of samples that they leave behind."""

import math
from itertools import count

import pytest

from canary.sandbox.metrics.counters import AppCounts, Histogram, Labels, MeshCounts, exposition, labels_with
from canary.sandbox.metrics.scraper import Scraper
from canary.sandbox.metrics.tsdb import LOOKBACK, RETENTION, Database


def a_series(name: str = "up", **labels: str) -> Labels:
    return labels_with(name, **labels)


def everything(_: dict[str, str]) -> bool:
    return True


def values(database: Database, time: float, name: str | None = "up") -> list[float]:
    return [value for _, value in database.instant(name, everything, time)]


def windows(database: Database, start: float, end: float) -> list[tuple[list[float], list[float]]]:
    return [(list(times), list(values)) for _, (times, values) in database.ranges("up", everything, start, end)]


def test_buckets_are_cumulative_and_bounds_belong_to_them() -> None:
    histogram = Histogram("seconds", (0.1, 1, 2.5))
    for value in (0.05, 0.1, 0.11, 2.5, 99):
        histogram.observe(value)
    found = {tuple(value for _, value in labels if labels): value for labels, value in histogram.series()}
    assert found == {
        ("seconds_bucket", "0.1"): 2, ("seconds_bucket", "1"): 3, ("seconds_bucket", "2.5"): 4, ("seconds_bucket", "+Inf"): 5,
        ("seconds_sum",): pytest.approx(101.76), ("seconds_count",): 5,
    }  # fmt: skip


def test_linkerds_bounds_are_in_milliseconds() -> None:
    counts = MeshCounts(lambda _namespace, _pod: True)
    counts.observe("bookinfo", "reviews", "reviews-1", 200, 0.0042)
    buckets = {dict(labels).get("le"): value for labels, value in counts.series() if dict(labels)["__name__"].endswith("bucket")}
    assert (len(buckets), buckets["4"], buckets["5"], buckets["10000"], buckets["+Inf"]) == (22, 0, 1, 1, 1)


def test_the_mesh_calls_five_hundreds_failures() -> None:
    counts = MeshCounts(lambda _namespace, _pod: True)
    for status in (200, 404, 500, 503):
        counts.observe("bookinfo", "reviews", "reviews-1", status, 0.001)
    totals = [dict(labels) for labels, _ in counts.series() if dict(labels)["__name__"] == "response_total"]
    assert {each["status_code"]: each["classification"] for each in totals} == {
        "200": "success", "404": "success", "500": "failure", "503": "failure",
    }  # fmt: skip


def test_the_text_format_escapes_and_groups() -> None:
    counts = AppCounts("bookinfo", 'odd"\\\n')
    counts.observe(200, 0.2)
    lines = exposition(counts.series()).decode().splitlines()
    assert lines[0] == "# TYPE http_request_duration_seconds histogram"
    assert r'http_requests_total{code="200",namespace="bookinfo",pod="odd\"\\\n"} 1' in lines
    assert sum(line.startswith("# TYPE") for line in lines) == 2


def test_an_instant_sees_the_newest_sample_up_to_five_minutes_old() -> None:
    database = Database()
    for time in (100, 101):
        database.scrape(time, [(a_series(), time)])
    assert values(database, 100.9) == [100]
    assert values(database, 101 + LOOKBACK - 1) == [101]
    assert values(database, 101 + LOOKBACK) == []
    assert values(database, 99) == []


def test_a_series_that_ended_vanishes_at_once_but_not_from_ranges() -> None:
    database = Database()
    database.scrape(100, [(a_series(), 1), (a_series(pod="a"), 2)])
    database.scrape(101, [(a_series(), 3)])
    assert values(database, 101) == [3]
    assert values(database, 100.5) == [1, 2]
    assert windows(database, 90, 101) == [([100, 101], [1, 3]), ([100], [2])]


def test_a_series_that_comes_back_goes_on() -> None:
    database = Database()
    for time, series in ((1, [(a_series(), 5.0)]), (2, []), (3, [(a_series(), 1.0)])):
        database.scrape(time, series)
    assert values(database, 2) == []
    assert values(database, 3) == [1]
    assert windows(database, 0, 3) == [([1, 3], [5, 1])]


def test_a_window_is_open_at_its_start() -> None:
    database = Database()
    for time in (10, 20, 30):
        database.scrape(time, [(a_series(), time)])
    assert windows(database, 10, 30) == [([20, 30], [20, 30])]


def test_only_the_last_hour_is_kept() -> None:
    database = Database()
    for time in range(0, 3 * int(RETENTION), 5):
        database.scrape(time, [(a_series(), time), *([(a_series(pod="gone"), 1)] if time < 100 else [])])
    ((times, _),) = windows(database, -1, math.inf)
    assert times[0] <= 2 * RETENTION
    assert len(times) <= RETENTION / 5 + 600
    assert len(list(database.instant(None, everything, 3 * RETENTION - 5))) == 1


def test_a_scrape_takes_one_sample_of_every_source() -> None:
    database, clock, numbers = Database(), count(50.0), count(1.0)
    scraper = Scraper(
        database, [lambda: [(a_series(), next(numbers))], lambda: [(a_series(job="b"), 9)]], clock=lambda: next(clock)
    )
    scraper.scrape()
    scraper.scrape()
    assert windows(database, 0, 99) == [([50, 51], [1, 2]), ([50, 51], [9, 9])]
