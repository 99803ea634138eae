"""Why a Deployment is not ready, in Kubernetes' own words, and whether waiting can help."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canary.k8s.port import Obj

# These end by themselves only if somebody changes something.
_HOPELESS = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "RunContainerError",
    }
)
_PATIENCE = 2  # restarts after which a crash is no accident of starting up


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """`hopeless`: it will not get ready by waiting."""

    sentence: str
    hopeless: bool = False


def ailment(deployment: Obj, pods: Sequence[Obj]) -> Ailment | None:
    """What ails a Deployment; None when nothing does. `pods` may be empty where they are not watched."""
    status = deployment.get("status") or {}
    if status.get("readyReplicas", 0) >= deployment["spec"].get("replicas", 1):
        return None
    sick = [found for pod in pods for found in _of_pod(pod)]
    if sick:
        everywhere = len(sick) >= len(pods) and status.get("readyReplicas", 0) == 0
        return Ailment(sentence=sick[0].sentence, hopeless=everywhere and all(found.hopeless for found in sick))
    return next(_of_conditions(status.get("conditions") or ()), None)


def _of_pod(pod: Obj) -> Iterator[Ailment]:
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (container.get("state") or {}).get("waiting")
        if waiting and waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            crashed = waiting["reason"] == "CrashLoopBackOff" and container.get("restartCount", 0) < _PATIENCE
            words = f"Pod {name}, container {container['name']}: {waiting['reason']}"
            detail = f": {waiting['message']}" if waiting.get("message") else ""
            yield Ailment(
                sentence=f"{words}{detail}.".replace("..", "."), hopeless=waiting["reason"] in _HOPELESS and not crashed
            )
            return


def _of_conditions(conditions: Sequence[Obj]) -> Iterator[Ailment]:
    for condition in conditions:
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield Ailment(sentence=f"{condition.get('reason', 'ReplicaFailure')}: {condition.get('message', '')}")
        if condition["type"] == "Progressing" and condition["status"] == "False":
            late = condition.get("reason") == "ProgressDeadlineExceeded"
            yield Ailment(sentence=f"{condition.get('reason', 'NotProgressing')}: {condition.get('message', '')}", hopeless=late)
