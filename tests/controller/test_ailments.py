"""What ails a Deployment, and whether waiting helps."""

from typing import Any

import pytest

from canary.controller.ailments import Ailment, ailment
from canary.k8s.port import Obj
from tests.controller.objects import a_deployment, metadata


def sick(reason: str, *, restarts: int = 0, message: str = "", init: bool = False) -> Obj:
    waiting = {"reason": reason, **({"message": message} if message else {})}
    status = {"name": "app", "restartCount": restarts, "state": {"waiting": waiting}}
    return {"metadata": metadata("p"), "status": {"initContainerStatuses" if init else "containerStatuses": [status]}}


def unready(**status: Any) -> Obj:
    return a_deployment() | {"status": status}


def test_a_ready_deployment_ails_nothing_whatever_its_pods_say() -> None:
    assert ailment(a_deployment(), [sick("CrashLoopBackOff", restarts=9)]) is None


@pytest.mark.parametrize(
    ("pod", "hopeless"),
    [
        (sick("CrashLoopBackOff", restarts=1), False),
        (sick("CrashLoopBackOff", restarts=2), True),
        (sick("ImagePullBackOff"), True),
        (sick("ErrImagePull"), False),
        (sick("CreateContainerConfigError", init=True), True),
    ],
)
def test_some_ailments_do_not_go_by_waiting(pod: Obj, hopeless: bool) -> None:
    found = ailment(unready(), [pod])
    assert found is not None
    assert found.hopeless is hopeless


def test_one_sick_pod_beside_a_ready_one_is_not_hopeless() -> None:
    assert ailment(unready(readyReplicas=1), [sick("ImagePullBackOff")]) == Ailment(
        sentence="Pod p, container app: ImagePullBackOff."
    )


def test_the_message_is_told_and_ends_once() -> None:
    found = ailment(unready(), [sick("ImagePullBackOff", message="no such image.")])
    assert found == Ailment(sentence="Pod p, container app: ImagePullBackOff: no such image.", hopeless=True)


@pytest.mark.parametrize(
    "pod", [sick("ContainerCreating"), {"metadata": metadata("p")}, {"metadata": metadata("p"), "status": {}}]
)
def test_starting_is_no_ailment(pod: Obj) -> None:
    assert ailment(unready(), [pod]) is None


def test_without_pods_the_conditions_speak() -> None:
    conditions = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}]
    assert ailment(unready(conditions=conditions), ()) == Ailment(sentence="ProgressDeadlineExceeded: too late", hopeless=True)
    quota = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}]
    assert ailment(unready(conditions=quota), ()) == Ailment(sentence="FailedCreate: exceeded quota")
    assert ailment(unready(), ()) is None
