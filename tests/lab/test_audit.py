import json
from datetime import UTC, datetime

from tests.lab.audit import read


def event(audit_id, *, stage="ResponseComplete", agent="kubectl/v1.36.3 (linux)", second=0, **more):
    return {
        "auditID": audit_id,
        "stage": stage,
        "verb": "watch",
        "requestURI": "/api/v1/pods?watch=1",
        "user": {"username": "lab-admin"},
        "userAgent": agent,
        "requestReceivedTimestamp": f"2026-01-01T00:00:{second:02}.000001Z",
        **more,
    }


def written(tmp_path, *events, tail=""):
    log = tmp_path / "audit.log"
    log.write_text("".join(json.dumps(each) + "\n" for each in events) + tail)
    return log


def test_a_watch_is_one_request(tmp_path):
    log = written(tmp_path, event("a", stage="ResponseStarted", objectRef={"resource": "pods"}), event("a"))
    (seen,) = read(log)
    assert (seen.verb, seen.resource, seen.at) == ("watch", "pods", datetime(2026, 1, 1, microsecond=1, tzinfo=UTC))


def test_requests_come_in_the_order_of_their_arrival(tmp_path):
    log = written(tmp_path, event("late", second=2, requestURI="/late"), event("early", second=1, requestURI="/early"))
    assert [each.path for each in read(log)] == ["/early", "/late"]


def test_a_line_in_the_making_is_left_for_later(tmp_path):
    assert len(read(written(tmp_path, event("a"), tail='{"auditID": "b", "ver'))) == 1


def test_the_user_agent_is_a_prefix(tmp_path):
    log = written(tmp_path, event("a"), event("b", agent="canary-delivery/0.1"))
    assert [each.user_agent for each in read(log, user_agent="canary-delivery")] == ["canary-delivery/0.1"]


def test_a_log_that_does_not_exist_yet_is_empty(tmp_path):
    assert read(tmp_path / "none.log") == []
