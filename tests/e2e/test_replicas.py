"""No mesh: the share of pods is the share of traffic, and what the pods count themselves is what is judged."""

import pytest

from tests.e2e.stage import JUDGED, Stage, a_canary, steps

pytestmark = pytest.mark.lab

NO_MESH = {"router": "replicas", "drain": "0s"}


def pods_seen(stage: Stage) -> list[tuple[int, int]]:
    """Wanted pods of the canary and of stable, in order."""
    sizes = {"reviews-canary": 0, "reviews": 0}
    seen: list[tuple[int, int]] = []
    for one in stage.picture.history(stage.namespace.name):
        if one.kind == "Deployment":
            sizes[one.name] = 0 if one.gone else one.obj["spec"]["replicas"]
            if (pair := (sizes["reviews-canary"], sizes["reviews"])) not in seen[-1:]:
                seen.append(pair)
    return seen


def test_pods_change_sides_step_by_step(stage: Stage) -> None:
    with stage.controlled():
        stage.adopt(a_canary(traffic=NO_MESH, analysis=JUDGED, strategy=steps(25, 50, 100, hold="2s")), replicas=4)
        visitors = stage.visit()
        stage.deploy("v2", replicas=4)
        stage.until(lambda: (stage.phase(), stage.running(), stage.ours()), ("Promoted", ["v2"] * 4, []))
        assert [pair for pair in ((1, 3), (2, 2), (4, 0), (0, 4)) if pair not in pods_seen(stage)] == []
        assert visitors.errors == 0


def test_a_bad_version_gives_the_pods_back(stage: Stage) -> None:
    stage.version("v2").errors = 0.5
    with stage.controlled():
        stage.adopt(a_canary(traffic=NO_MESH, analysis=JUDGED, strategy=steps(50, hold="30s")), replicas=4)
        stage.visit()
        stage.deploy("v2", replicas=4)
        stage.until(lambda: (*stage.ended(), stage.running()), ("RolledBack", "AnalysisFailed", ["v1"] * 4))
        assert pods_seen(stage)[-1] == (0, 4)
