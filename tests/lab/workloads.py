"""What tests put into a real cluster and look at there."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.lab.controlplane import ControlPlane

Behaviour = Literal["ready", "unready", "crash", "fail", "hang"]
"""See `stages.yaml`."""


def a_deployment(
    name: str,
    *,
    image: str = "reviews:v1",
    replicas: int = 1,
    told: Behaviour = "ready",
    app: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A Deployment of pods labelled `app` (by default its name) and `labels`, which do what they are told."""
    selected = {"app": app or name} | dict(labels or {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": selected},
            "template": {
                "metadata": {"labels": selected, "annotations": {"lab/behaviour": told}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            },
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace of a shared cluster."""

    cluster: ControlPlane
    name: str

    def kubectl(self, *arguments: str, given: Any = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run kubectl in this namespace, with `given` as JSON on its standard input."""
        text = None if given is None else json.dumps(given)
        return self.cluster.kubectl("--namespace", self.name, *arguments, input=text, check=check)

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply these objects with kubectl, as a person would."""
        self.kubectl("apply", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": objects})

    def get(self, *what: str) -> dict[str, Any]:
        """One object, or a List of them."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *what, "-o", "json").stdout)
        return found

    def pods(self, selector: str) -> list[dict[str, Any]]:
        """The selected pods that are not being deleted."""
        return [each for each in self.get("pods", "-l", selector)["items"] if "deletionTimestamp" not in each["metadata"]]

    def images(self, selector: str) -> list[str]:
        """The images of the selected pods, sorted: which versions run, and how many pods of each."""
        return sorted(each["spec"]["containers"][0]["image"] for each in self.pods(selector))

    def wait_rolled_out(self, deployment: str) -> None:
        """Return when `kubectl rollout status` is satisfied."""
        self.kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=60s")
