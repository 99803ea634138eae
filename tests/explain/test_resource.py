from decimal import Decimal

from canary.cli.reading import read
from canary.explain.resource import records_of
from canary.explain.tell import tell
from tests.cli.states import NEW, NOW, a_canary, ago, progressing, rolled_back

METRIC = {
    "metric": "errors",
    "verdict": "Continue",
    "stable": "0.3 % of 9000",
    "canary": "0.4 % of 1240",
    "requests": 1240,
    "ratio": "1.3x (0.2-4)",
    "since": ago(seconds=60),
    "sentence": "No evidence of harm.",
}
RUN = {"name": "smoke", "edge": "test", "at": "2.1", "status": "Succeeded", "sentence": "Answered 200."}


def an_event(reason: str, *times: str) -> dict:
    return {"reason": reason, "message": f"{reason}.", "firstTimestamp": times[0], "lastTimestamp": times[-1]}


def found(status: dict, *events: dict, number: int | None = None, id_: str | None = None):
    return records_of(read(a_canary(status)), events, number, id_)


def test_the_rollout_under_way_has_its_metrics_and_runs():
    records = found(progressing(analysis=[METRIC], tests=[RUN]))
    assert records is not None
    assert (records.rollout.number, records.rollout.id, records.rollout.revision, records.rollout.outcome) == (
        3,
        "0a1b-3",
        NEW,
        None,
    )
    assert [(run.name, run.step, run.attempt) for run in records.runs] == [("smoke", 2, 1)]
    story = tell(records)
    assert [(metric.name, metric.last.canary, metric.last.ratio) for metric in story.metrics] == [
        ("errors", "0.4 % of 1240", "1.3x (0.2-4)")
    ]
    assert story.sentence == "Holds 25 % for 5m."


def test_the_last_one_that_ended():
    records = found(rolled_back())
    assert records is not None
    assert (records.rollout.outcome, records.rollout.sentence) == ("RolledBack", rolled_back()["message"])
    assert (records.rollout.ended_at, records.stands) == (read(a_canary(rolled_back())).status.history[0].ended_at, ())


def test_events_of_its_time_in_their_order_and_counted_ones_twice():
    events = (
        an_event("Promoting", ago(minutes=10, seconds=5)),
        an_event("SettingWeight", ago(hours=2), ago(minutes=11)),
        an_event("Holding", ago(minutes=12), ago(minutes=11, seconds=30)),
        an_event("Idle", ago(minutes=1)),
    )
    records = found(rolled_back(), *events)
    assert records is not None
    assert [said.reason for said in records.said] == ["Holding", "Holding", "SettingWeight", "Promoting"]


def test_the_last_command_if_it_came_in_its_time():
    command = {"id": "1", "verb": "pause", "who": "alice", "at": ago(seconds=30), "accepted": False, "message": "Already paused."}
    records = found(progressing(command=command))
    assert records is not None
    assert [(each.who, each.outcome, each.sentence) for each in records.commands] == [("alice", "refused", "Already paused.")]
    old = found(progressing(command={**command, "at": ago(hours=5)}))
    assert old is not None
    assert old.commands == ()


def test_what_the_status_has_forgotten():
    assert found(rolled_back(), number=1) is None
    assert found(rolled_back(), id_="0a1b-3") is None
    assert found({}) is None


def test_another_one_by_its_number():
    status = {**progressing(), "history": rolled_back()["history"]}
    status["rollout"]["number"] = 4
    ended, running = found(status, number=3), found(status, number=4)
    assert ended is not None
    assert running is not None
    assert (ended.rollout.outcome, running.rollout.outcome) == ("RolledBack", None)
    assert running.rollout.started_at < NOW
    assert [Decimal(step["weight"]) for step in running.rollout.plan["steps"]] == [5, 25, 50, 100]
