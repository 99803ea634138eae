"""One reconcile: what is read before the planner is asked, and that a command which comes meanwhile is not swallowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from analysis.spec import TemplateRef
from canary.api.report import Report
from canary.api.status import state_of, status_of
from canary.controller.reconcile import Reconciler, read_spec, read_state
from canary.errors import Conflict, NotFound
from canary.k8s.port import Obj, Page
from canary.k8s.resources import DEPLOYMENT, SERVICE, Resource
from strategies.model import Decision, Phase, Plan, Stage, State
from tests.controller.objects import NOW, a_canary, a_deployment, a_replica_set, a_rollout, a_service, a_sight, seen
from tests.controller.shelf import Shelf

COMMAND = "canary.delivery/command"


def a_status(state: State) -> Obj:
    decision = Decision(state=state, reason="Holding", sentence="Holds.")
    return status_of(Report(generation=1, router="smi", observation=seen(a_sight()), decision=decision, before={}))


@pytest.mark.parametrize(
    "state",
    [
        State(phase=Phase.IDLE, stable="1111111111"),
        State(phase=Phase.PROGRESSING, stable="1111111111", rollout=a_rollout(step=1)),
        State(phase=Phase.ROLLING_BACK, stable="1111111111", rollout=a_rollout(stage=Stage.SETTLING, plan=Plan(steps=()))),
    ],
)
def test_a_status_that_makes_sense_is_the_state(state: State) -> None:
    status = a_status(state)
    assert read_state(a_canary() | {"status": status}) == state_of(status)


@pytest.mark.parametrize(
    "state",
    [
        State(phase=Phase.PROMOTING, stable="1111111111", rollouts=3),
        State(phase=Phase.IDLE, stable="1111111111", rollouts=3, rollout=a_rollout()),
        State(phase=Phase.PAUSED, stable="1111111111", rollouts=3, rollout=a_rollout(step=2)),
        State(phase=Phase.PROGRESSING, stable="1111111111", rollouts=3, rollout=a_rollout(plan=Plan(steps=()))),
    ],
)
def test_a_status_that_contradicts_itself_is_rebuilt_without_its_rollout(state: State) -> None:
    found = read_state(a_canary() | {"status": a_status(state)})
    assert (found.phase, found.rollout, found.stable, found.rollouts) == (Phase.IDLE, None, "1111111111", 3)


def test_an_unreadable_or_missing_status_is_the_first_state() -> None:
    assert (read_state(a_canary() | {"status": {"phase": 7}}), read_state(a_canary())) == (State(), State())


def find(ref: TemplateRef) -> Obj:
    if ref.name != "errors":
        raise NotFound(f"there is no {ref.name}: create it")
    return {
        "spec": {"args": [{"name": "limit"}], "metrics": [{"name": "e", "builtin": "error-share", "limit": "{{args.limit}}"}]}
    }


def reasons(canary: Obj, state: State | None = None) -> list[tuple[str, str]]:
    spec, findings = read_spec(canary, state or State(), find)
    assert (spec is None) is bool(findings)
    return [(one.reason, one.sentence.partition(": ")[0]) for one in findings]


def judged(canary: Obj, state: State | None = None) -> list[str]:
    spec, _ = read_spec(canary, state or State(), find)
    return [] if spec is None else [metric.name for metric in spec.analysis.own]


def naming(name: str, **args: str) -> Obj:
    return a_canary(analysis={"templates": [{"name": name, "args": args}]})


def trying(pinned: str | None) -> State:
    return State(phase=Phase.PROGRESSING, rollout=a_rollout(plan=Plan(steps=(), analysis=pinned)))


def test_a_spec_that_cannot_be_read_is_a_finding_that_names_the_field() -> None:
    assert reasons(a_canary(traffic={"router": "smoke"})) == [("InvalidSpec", "spec.traffic.router")]


def test_templates_that_are_missing_or_do_not_fit_are_findings() -> None:
    assert judged(naming("errors", limit="5%")) == ["e"]
    assert reasons(naming("other")) == [("TemplateNotFound", "spec.analysis.templates[0].name")]
    assert reasons(naming("errors")) == [("InvalidTemplate", "spec.analysis.templates[0].args.limit")]
    assert reasons(naming("errors", limit="5")) == [("InvalidTemplate", "spec.analysis.templates[0]")]


def test_a_running_rollout_is_judged_by_what_was_pinned_whatever_becomes_of_spec_and_templates() -> None:
    pinned = '{"metrics": [{"name": "then", "builtin": "error-share"}]}'
    assert judged(naming("other"), trying(pinned)) == ["then"]
    assert judged(a_canary(analysis={"metrics": []}), trying(pinned)) == ["then"]


def test_what_another_version_pinned_and_this_one_cannot_read_stands_before_nothing() -> None:
    assert judged(a_canary(), trying('{"metrics": [{"name": "odd"}]}')) == ["errors", "slow"]
    assert judged(a_canary(), trying(None)) == ["errors", "slow"]


# -- a command that comes while another is answered ---------------------------------------------------------------------


@dataclass
class Interrupted(Shelf):
    """A cluster in which a person says something else while the Deployment is written."""

    reconciler: Any = None
    word: str = "rollback"

    def _put(self, resource: Resource, name: str, obj: Obj) -> Obj:
        if resource == DEPLOYMENT:
            said = self.objects["Canary", "reviews"]
            said = said | {"metadata": said["metadata"] | {"annotations": {COMMAND: self.word}, "resourceVersion": "9"}}
            self.objects["Canary", "reviews"] = said
            self.reconciler.caches.canaries.cache.put(said)
        return super()._put(resource, name, obj)

    async def list(self, *_: Any, **__: Any) -> Page:
        found = a_replica_set()
        found["metadata"]["ownerReferences"] = [{"uid": "uid-reviews", "controller": True}]
        return Page(items=(found,), resource_version="7")


@dataclass
class Quiet:
    """The colleagues of a reconcile that have nothing to say; `decisions` is what it recorded."""

    decisions: list[Decision] = field(default_factory=list)

    def now(self) -> datetime:
        return NOW

    def position(self, _: Obj, written: State) -> State:
        return written

    def tell(self, *_: Any) -> bool:
        return False

    async def write(self, *said: Any) -> None:
        self.decisions.append(said[-1])

    def results(self, *_: Any) -> Mapping[str, Any]:
        return {}

    def verdicts(self, *_: Any) -> Sequence[Any]:
        return ()

    def provided(self, _: Any) -> bool:
        return True

    def target(self, *_: Any) -> None: ...

    def forget(self, _: Any) -> None: ...

    def cancel(self, _: Any) -> None: ...

    def wake(self, *_: Any) -> None: ...


async def test_a_command_that_comes_while_another_is_answered_is_left_for_the_next_look() -> None:
    canary = a_canary(annotations={COMMAND: '{"verb": "pause", "id": "1"}'}, traffic={"router": "replicas"})
    deployment, apex = a_deployment(), a_service()
    for one in (deployment, apex):
        one["metadata"]["labels"] = {"canary.delivery/canary": "reviews"}
    shelf = Interrupted(objects={("Canary", "reviews"): canary, ("Deployment", "reviews"): deployment})
    hands, quiet = shelf.hands(), Quiet()
    everybody: Any = quiet
    shelf.reconciler = Reconciler(
        caches=hands.caches,
        hands=hands,
        recorder=everybody,
        measures=everybody,
        targets=everybody,
        runs=everybody,
        schedule=everybody,
        clock=everybody,
    )
    hands.caches.canaries.cache.put(canary)
    hands.caches.labelled[DEPLOYMENT].cache.put(deployment)
    hands.caches.labelled[SERVICE].cache.put(apex)
    with pytest.raises(Conflict):
        await shelf.reconciler(("bookinfo", "reviews"))
    assert quiet.decisions[-1].refused == "Nothing is being rolled out: nothing to pause."
    assert shelf.objects["Canary", "reviews"]["metadata"]["annotations"] == {COMMAND: "rollback"}
