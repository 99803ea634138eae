"""The words that stories are told in: one namespace with BookInfo's `reviews`, its Canary, its visitors and its controller."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from canary.sandbox.traffic import Load, Totals
from canary.settings import Bind, Settings
from tests.e2e.controllers import Process, in_thread
from tests.e2e.picture import PATIENCE, Obj, Picture
from tests.e2e.plane import Plane, Version, ready_pods
from tests.e2e.rules import shares
from tests.lab.workloads import Behaviour, Namespace, a_deployment

LABEL = "canary.delivery/canary"
COMMAND = "canary.delivery/command"
PORT = 9080


def steps(*weights: float, hold: str = "1s", **more: Any) -> dict[str, Any]:
    """A strategy of these weights."""
    return {"progressive": {"steps": [{"weight": weight, "hold": hold, **more} for weight in weights]}}


def a_canary(name: str = "reviews", **changes: Any) -> Obj:
    """A Canary of `reviews` in a hurry, that is judged by nothing; a change to None takes a field away."""
    spec = {
        "target": {"deployment": "reviews"},
        "service": {"name": "reviews", "port": PORT},
        "traffic": {"router": "smi", "drain": "1s"},
        "strategy": steps(10, 50, 100),
        "analysis": {"metrics": []},
        **changes,
    }
    return {
        "apiVersion": "canary.delivery/v1alpha1",
        "kind": "Canary",
        "metadata": {"name": name},
        "spec": {field: value for field, value in spec.items() if value is not None},
    }


def a_service(name: str = "reviews", selector: Mapping[str, str] | None = None) -> Obj:
    """A Service in front of the pods that are labelled `app: <name>`, or otherwise."""
    spec = {"selector": dict(selector or {"app": name}), "ports": [{"name": "http", "port": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


JUDGED = {"interval": "1s", "warmup": "0s"}  # the default metrics, in a hurry


@dataclass(slots=True, kw_only=True)
class Stage:
    """One story's namespace. What is asked of it here comes from watches, not from the controller."""

    plane: Plane
    namespace: Namespace
    prometheus: str
    folder: Path
    loads: list[Load] = field(default_factory=list)

    # -- what a service team does -----------------------------------------------------------------------------------------

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """With kubectl."""
        self.namespace.apply(*objects)

    def deploy(self, version: str, *, name: str = "reviews", replicas: int = 2, told: Behaviour = "ready") -> None:
        """Apply the Deployment with another image."""
        self.apply(a_deployment(name, image=f"reviews:{version}", replicas=replicas, told=told))

    def set_image(self, version: str) -> None:
        """Change the image and nothing else."""
        self.namespace.kubectl("set", "image", "deployment/reviews", f"app=reviews:{version}")

    def adopt(self, canary: Obj | None = None, *, replicas: int = 2) -> None:
        """`reviews` at v1, its Service and its Canary; return when the Canary has taken it over and is at rest."""
        self.apply(a_deployment("reviews", replicas=replicas), a_service(), canary or a_canary())
        self.until(self.held, True)
        self.until(lambda: len(self.ready()), replicas)

    def ready(self, service: str = "reviews") -> list[str]:
        """The pods that stand ready behind a Service."""
        return ready_pods(self.picture.all("EndpointSlice", self.namespace.name), service)

    def command(self, word: str) -> None:
        """Give a command as anybody can: by annotation."""
        self.namespace.kubectl("annotate", "canary/reviews", f"{COMMAND}={word}", "--overwrite")

    def patch(self, what: str, change: Mapping[str, Any]) -> None:
        """A merge patch with kubectl."""
        self.namespace.kubectl("patch", what, "--type=merge", "-p", json.dumps(change))

    def visit(self, rps: float = 100) -> Totals:
        """Visitors from now on; what they met so far."""
        self.loads.append(self.plane.load(self.namespace.name, "reviews", rps))
        return self.loads[-1].totals

    def version(self, version: str) -> Version:
        """How a version behaves, to be changed."""
        return self.plane.version(self.namespace.name, f"reviews:{version}")

    # -- the controller ---------------------------------------------------------------------------------------------------

    def settings(self, **changes: Any) -> Settings:
        """A controller of this namespace only."""
        chosen = {
            "kubeconfig": str(self.namespace.cluster.kubeconfig),
            "namespace": self.namespace.name,
            "state_dir": self.folder,
            "prometheus": self.prometheus,
            "http": Bind(host="127.0.0.1", port=0),
            "hook_loopback": True,
        }
        return Settings.model_validate({**chosen, **changes})

    @contextlib.contextmanager
    def controlled(self, **changes: Any) -> Iterator[str]:
        """A controller runs meanwhile."""
        with in_thread(self.settings(**changes)) as http:
            yield http

    @contextlib.contextmanager
    def killable(self) -> Iterator[Process]:
        """A controller that can be killed; it runs already."""
        process = Process(self.settings())
        process.start()
        try:
            yield process
        finally:
            process.kill()

    # -- what is so ---------------------------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """All that was seen."""
        return self.plane.picture

    def until(self, look: Callable[[], object], wanted: object, *, within: timedelta = PATIENCE) -> None:
        """Wait until it is as wanted, and fail with what it is instead."""
        seen = self.picture.until(look, lambda found: found == wanted, within=within)
        assert seen == wanted, self.position()

    def get(self, kind: str, name: str = "reviews") -> Obj:
        """An object as it is; empty when there is none."""
        return self.picture.get(kind, self.namespace.name, name) or {}

    def status(self, *path: str) -> Any:
        """A field of the Canary's status; None when it is not there."""
        found: Any = self.get("Canary").get("status") or {}
        for name in path:
            found = (found or {}).get(name)
        return found

    def phase(self) -> str | None:
        """Where the Canary stands."""
        phase: str | None = self.status("phase")
        return phase

    def ended(self) -> tuple[str | None, str | None]:
        """Phase, and reason of the last outcome."""
        return self.phase(), self.status("outcome", "reason")

    def condition(self, type_: str) -> tuple[str, str, str]:
        """Status, reason and message of a condition."""
        found = next((each for each in self.status("conditions") or () if each["type"] == type_), None)
        return (found["status"], found["reason"], found["message"]) if found else ("", "", "")

    def held(self) -> bool:
        """Does the controller hold the Deployment?"""
        return bool(self.get("Deployment").get("spec", {}).get("paused"))

    def share(self, name: str = "reviews", leaf: str = "reviews-canary") -> Decimal | None:
        """The canary's live share; None without a split."""
        split = self.get("TrafficSplit", name)
        return shares(split).get(leaf) if split else None

    def shares_seen(self, leaf: str = "reviews-canary") -> list[Decimal | None]:
        """Every share that the canary has had, in order."""
        seen: list[Decimal | None] = []
        for one in self.picture.history(self.namespace.name):
            share = None if one.gone or one.kind != "TrafficSplit" else shares(one.obj).get(leaf)
            if one.kind == "TrafficSplit" and share not in seen[-1:]:
                seen.append(share)
        return seen

    def running(self) -> list[str]:
        """The versions of the pods that run, sorted."""
        pods = self.picture.all("Pod", self.namespace.name)
        return sorted(pod["spec"]["containers"][0]["image"].partition(":")[2] for pod in pods if not _of_job(pod))

    def ours(self) -> list[str]:
        """What the controller has made and not taken away again; Jobs stay for a while, to be looked at."""
        kinds = ("TrafficSplit", "Deployment", "Service")
        made = [(kind, each["metadata"]) for kind in kinds for each in self.picture.all(kind, self.namespace.name)]
        return [f"{kind}/{metadata['name']}" for kind, metadata in made if metadata.get("ownerReferences")]

    def position(self) -> str:
        """All of it in a few lines, for whoever reads a failure."""
        status = self.get("Canary").get("status") or {}
        shown = {
            name: status.get(name)
            for name in ("phase", "reason", "message", "rollout", "analysis", "tests", "command", "outcome")
        }
        lines = [f"shares {self.shares_seen()}, pods {self.running()}, ours {self.ours()}", json.dumps(shown, indent=1)]
        log = self.folder / "controller.log"
        return "\n".join([*lines, *(log.read_text().splitlines()[-60:] if log.exists() else ())])


def _of_job(pod: Obj) -> bool:
    return any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences") or ())
