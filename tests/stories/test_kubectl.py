"""The story as people tell it: with the real kubectl, which nobody has taught anything about Canary."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stories.conftest import Tell
from tests.stories.manifests import EXAMPLES, example, unjudged

pytestmark = pytest.mark.lab

FOLDER = EXAMPLES / "01-progressive-smi"
STEPS = ({"weight": 25, "hold": "300ms"}, {"weight": 50, "hold": "300ms", "approval": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """kubectl with a namespace; `told` runs it to its end, `started` leaves it running."""

    kubeconfig: Path
    namespace: str

    async def started(self, *arguments: str) -> Process:
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.kubeconfig.parent / "cache")}
        return await asyncio.create_subprocess_exec(
            "kubectl", *arguments, "--namespace", self.namespace, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )

    async def told(self, *arguments: str, given: Any = None) -> str:
        """What it prints; it must succeed."""
        process = await self.started(*arguments)
        out, problem = await process.communicate(None if given is None else json.dumps(given).encode())
        assert process.returncode == 0, problem.decode()
        return out.decode()


def cells(line: bytes) -> list[str]:
    """A row of a table that kubectl has printed; there are at least two spaces between its columns."""
    return [cell.strip() for cell in line.decode().split("  ") if cell.strip()]


async def rows_of(watching: Process) -> list[list[str]]:
    """Everything else that `kubectl get -w` has printed by now."""
    watching.terminate()
    out, _ = await watching.communicate()
    return [cells(line) for line in out.splitlines()]


async def test_a_version_is_delivered_and_the_next_one_taken_back(tell: Tell) -> None:
    story = tell("bookinfo", "reviews")
    kubectl = Kubectl(kubeconfig=story.cluster.sandbox.kubeconfig, namespace="bookinfo")
    await kubectl.told("apply", "-f", str(FOLDER / "reviews-v1.yaml"))
    await kubectl.told("apply", "-f", "-", given=unjudged(example("01-progressive-smi/canary.yaml"), *STEPS)[0])
    await kubectl.told("wait", "--for=condition=Ready", "canary/reviews", "--timeout=20s")

    watching = await kubectl.started("get", "canary", "reviews", "--watch")
    assert watching.stdout is not None
    header, first = cells(await watching.stdout.readline()), cells(await watching.stdout.readline())
    assert header == ["NAME", "PHASE", "STEP", "WEIGHT", "VERDICT", "MESSAGE", "AGE"]
    assert first[:2] == ["reviews", "Idle"]
    assert "configured" in await kubectl.told("apply", "-f", str(FOLDER / "reviews-v2.yaml"))
    rolling = await kubectl.started("rollout", "status", "deployment/reviews", "--timeout=60s")
    assert await story.stands("Paused", "WaitingForApproval") == ("Paused", "WaitingForApproval")
    assert rolling.returncode is None  # a pipeline that waits for the Deployment waits for the canary

    await kubectl.told("annotate", "canary/reviews", "canary.delivery/command=advance")
    await kubectl.told("wait", "--for=condition=Promoted", "canary/reviews", "--timeout=20s")
    out, problem = await rolling.communicate()
    assert rolling.returncode == 0, problem.decode()
    assert out.decode().splitlines()[-1] == 'deployment "reviews" successfully rolled out'

    rows = await rows_of(watching)
    assert list(dict.fromkeys(row[1] for row in rows)) == ["Progressing", "Paused", "Promoting", "Promoted"]
    assert {row[3] for row in rows if row[1] == "Paused"} == {"50%"}

    await kubectl.told("apply", "-f", str(FOLDER / "reviews-v3-errors.yaml"))
    assert await story.has_weight("25%") == "25%"
    await kubectl.told("annotate", "canary/reviews", "canary.delivery/command=rollback")
    await kubectl.told("wait", "--for=condition=Promoted=false", "canary/reviews", "--timeout=20s")
    assert await story.ended(2) == ("RolledBack", "RolledBackByHand", "v2")
    sentence = "Rolled back by unknown."
    assert await story.cluster.becomes(lambda: sentence in story.warnings, True), story.warnings
    events = (await kubectl.told("describe", "canary", "reviews")).partition("\nEvents:")[2]
    assert sentence in events
    assert "v2" in await kubectl.told("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}")

    await kubectl.told("delete", "canary", "reviews", "--timeout=20s")
    assert story.held == ("v2", False)
    assert story.objects == {"Deployment/reviews", "Service/reviews"}
