"""A release of the past, judged from what a Prometheus remembers of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result

from analysis.plan import Version
from analysis.providers.base import ErrorKind, ProviderError, Vector
from analysis.providers.prometheus import PrometheusAddress
from analysis.verdict import Verdict
from canary.cli.root import cli
from canary.errors import Refused
from canary.offline.backtest import Backtester
from canary.offline.course import course_of
from canary.offline.past import STEPS, PastPrometheus, Period
from canary.offline.recording import Pod, read_recording
from canary.offline.release import judge_release, subject_of
from canary.offline.watching import moment
from canary.sandbox.metrics.counters import labels_with
from canary.sandbox.metrics.queries import QueryEndpoint
from canary.sandbox.metrics.tsdb import Database
from tests.offline.courses import a_spec

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANIFEST = {"metadata": {"name": "reviews"}, "spec": {"target": {"deployment": "reviews"}, "service": {"name": "reviews"}}}
YAML = """
apiVersion: canary.delivery/v1alpha1
kind: Canary
metadata: {name: reviews, namespace: bookinfo}
spec: {target: {deployment: reviews}, service: {name: reviews, port: 9080}, traffic: {router: smi}}
"""


def released(*, fails: int, minutes: int = 30, begins: int = 120) -> Database:
    """Two pods of each version behind one client; the canary gets traffic after `begins` seconds and fails `fails` of 50."""
    database = Database()
    for t in range(0, minutes * 60 + 1, 15):
        series = []
        for version in Version:
            for pod in "ab":
                done = max(0, t - (begins if version is Version.CANARY else 0)) // 15
                bad = done * (fails if version is Version.CANARY else 0) + (done // 20)
                labels = {
                    "direction": "outbound",
                    "dst_namespace": "bookinfo",
                    "dst_service": f"reviews-{version}",
                    "dst_pod": f"{version}-{pod}",
                    "pod": "client",
                }
                if done or version is Version.STABLE:
                    series.append((labels_with("response_total", **labels, classification="success"), float(done * 50 - bad)))
                    series.append((labels_with("response_total", **labels, classification="failure"), float(bad)))
        database.scrape(START.timestamp() + t, series)
    return database


@pytest_asyncio.fixture
async def bad() -> AsyncIterator[str]:
    endpoint = QueryEndpoint(released(fails=5))
    yield await endpoint.start()
    await endpoint.stop()


def a_period(minutes: int = 30) -> Period:
    return Period(start=START, end=START + timedelta(minutes=minutes), step=timedelta(seconds=15))


def a_tester() -> Backtester:
    return Backtester(course=course_of(a_spec()).only(["errors"]))


async def backtested(*flags: str) -> Result:
    """In a thread, because the command has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, cli, ["backtest", *flags])


async def test_a_bad_release_would_have_been_caught(bad: str):
    source = PastPrometheus(PrometheusAddress(address=bad), a_period())
    found, recording = await judge_release(a_tester(), subject_of(MANIFEST, "bookinfo"), source)
    source.close()
    assert found.story.verdict is Verdict.FAIL
    assert moment(found.began) == START + timedelta(seconds=135)  # its first counters
    assert timedelta(minutes=3) < found.story.at - START < timedelta(minutes=15)
    assert recording is not None
    assert set(recording.metrics["errors"]) == {Pod(version, f"{version}-{pod}/client") for version in Version for pod in "ab"}


async def test_what_is_saved_is_judged_the_same(bad: str, tmp_path: Path):
    (tmp_path / "canary.yaml").write_text(YAML)
    times = ["--start", "2026-03-02T12:00:00Z", "--end", "2026-03-02T12:30:00Z"]
    file = str(tmp_path / "it.csv.gz")
    canary = ["-f", str(tmp_path / "canary.yaml")]
    live = await backtested(*canary, "--prometheus", bad, *times, "--save", file)
    saved = await backtested(*canary, "--counters", file)
    assert (live.exit_code, saved.exit_code) == (2, 2)
    assert live.stdout.splitlines()[0].startswith("reviews  Fail  rolled back ")
    assert live.stdout.splitlines()[0].partition("  ")[2] == saved.stdout.splitlines()[0].partition("  ")[2]
    assert read_recording(Path(file)).last == (START + timedelta(minutes=30)).timestamp()


async def test_an_hour_costs_a_few_requests_and_each_look_sees_its_own_time(bad: str):
    asked = []

    class Counting(PastPrometheus):
        def _ask(self, promql, first):
            asked.append(first)
            return super()._ask(promql, first)

    source = Counting(PrometheusAddress(address=bad), a_period(90))
    query = 'sum(response_total{dst_service="reviews-stable"})'
    values = [answer.points[0].value for at in source.period if (answer := await source.query(query, at)) != Vector(())]
    source.close()
    assert asked == [0, STEPS]
    assert values[:121] == [100.0 * number for number in range(121)]
    assert len(values) == 121 + 19  # and five minutes of what was last seen


@pytest.mark.parametrize(
    ("query", "kind"),
    [("sum(", ErrorKind.REFUSED), ("up[5m]", ErrorKind.REFUSED)],
)
async def test_a_bad_query_is_an_answer_about_the_metric(bad: str, query, kind):
    source = PastPrometheus(PrometheusAddress(address=bad), a_period())
    with pytest.raises(ProviderError) as refused:
        await source.query(query, START)
    source.close()
    assert (refused.value.kind, source.failure) == (kind, None)


async def test_a_provider_that_is_not_there_is_an_error_and_no_verdict():
    source = PastPrometheus(PrometheusAddress(address="http://127.0.0.1:1"), a_period())
    with pytest.raises(Refused, match=re.escape("Prometheus at http://127.0.0.1:1 can't be reached")):
        await judge_release(a_tester(), subject_of(MANIFEST, "bookinfo"), source)
    source.close()


async def test_nothing_remembered_is_no_data(bad: str):
    source = PastPrometheus(PrometheusAddress(address=bad), a_period())
    found, recording = await judge_release(a_tester(), subject_of(MANIFEST, "elsewhere"), source)
    source.close()
    assert (found.story.verdict, found.story.reason, recording) == (Verdict.NO_DATA, "NoData", None)


def test_the_names_are_the_controllers_unless_told():
    subject = subject_of(MANIFEST, "bookinfo", canary_pods="reviews-v2-.*")
    assert (subject.stable_leaf, subject.canary_leaf) == ("reviews-stable", "reviews-canary")
    assert (subject.stable_pods, subject.canary_pods) == ("reviews-[a-z0-9]+-[a-z0-9]+", "reviews-v2-.*")
