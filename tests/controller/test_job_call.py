"""A Job per run: how it is named and made, and what its conditions mean."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.controller.job_call import JobEnd, JobOrder, ended, render_job


def an_order(**fields: Any) -> JobOrder:
    template = {"spec": {"template": {"spec": {"containers": [{"name": "suite", "image": "suite:1"}]}}}}
    known = {
        "run_id": "r1/2.1/test/suite",
        "canary": "reviews",
        "namespace": "bookinfo",
        "uid": "u-1",
        "name": "suite",
        "template": template,
        "timeout": timedelta(minutes=10),
        "facts": {"CANARY_STEP": "2"},
    }
    return JobOrder(**known | fields)


def test_a_job_carries_our_label_its_owner_an_end_and_the_facts() -> None:
    order = an_order()
    assert render_job(order) == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": order.job,
            "namespace": "bookinfo",
            "labels": {"canary.delivery/canary": "reviews"},
            "annotations": {"canary.delivery/run": "r1/2.1/test/suite"},
            "ownerReferences": [
                {"apiVersion": "canary.delivery/v1alpha1", "kind": "Canary", "name": "reviews", "uid": "u-1", "controller": True}
            ],
        },
        "spec": {
            "ttlSecondsAfterFinished": 3600,
            "activeDeadlineSeconds": 600,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "suite", "image": "suite:1", "env": [{"name": "CANARY_STEP", "value": "2"}]}],
                }
            },
        },
    }


def test_what_the_user_wrote_stands() -> None:
    container = {"name": "suite", "image": "suite:1", "env": [{"name": "CANARY_STEP", "value": "mine"}]}
    template = {
        "metadata": {"labels": {"team": "books"}, "annotations": {"a": "b"}},
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": 30,
            "ttlSecondsAfterFinished": 5,
            "template": {"metadata": {"labels": {"x": "y"}}, "spec": {"restartPolicy": "OnFailure", "containers": [container]}},
        },
    }
    job = render_job(an_order(template=template))
    assert job["spec"] == template["spec"]
    assert job["metadata"]["labels"] == {"team": "books", "canary.delivery/canary": "reviews"}


def test_rendering_leaves_the_template_alone() -> None:
    order = an_order()
    assert render_job(order) == render_job(order)


@given(st.text(max_size=80), st.text(max_size=60), st.text(min_size=1, max_size=200))
def test_any_name_becomes_a_name_of_a_job(canary: str, name: str, run_id: str) -> None:
    job = an_order(canary=canary, name=name, run_id=run_id).job
    assert len(job) <= 63
    assert all(char.isdigit() or char in "abcdefghijklmnopqrstuvwxyz-" for char in job)


def test_another_run_is_another_job_and_the_same_run_the_same() -> None:
    assert an_order().job == an_order().job
    assert len({an_order(run_id=f"r1/2.{attempt}/test/suite").job for attempt in range(5)}) == 5
    assert an_order(uid="u-2").job != an_order().job


@pytest.mark.parametrize(
    ("conditions", "end"),
    [
        ([], None),
        ([{"type": "Complete", "status": "False"}], None),
        ([{"type": "FailureTarget", "status": "True"}], None),
        ([{"type": "Complete", "status": "True"}], JobEnd(good=True, sentence="Job suite completed.")),
        ([{"type": "Failed", "status": "True"}], JobEnd(good=False, sentence="Job suite failed.")),
        (
            [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit reached"}],
            JobEnd(good=False, sentence="Job suite failed (BackoffLimitExceeded: limit reached)."),
        ),
    ],
)
def test_conditions_tell_the_end(conditions: list[Any], end: JobEnd | None) -> None:
    assert ended({"metadata": {"name": "suite"}, "status": {"conditions": conditions}}) == end


def test_a_job_without_a_status_runs() -> None:
    assert ended({"metadata": {"name": "suite"}}) is None
