"""What is measured for a rollout, and where: from its spec, its names and the providers of its metrics."""

from dataclasses import dataclass

from analysis.plan import Dialect, Subject, Version
from canary.api.v1alpha1 import CanarySpec
from canary.controller.measure import Target
from canary.controller.providers import Asker, Providers
from canary.controller.revisions import LONGEST_STEM
from canary.controller.sight import Sight
from canary.k8s.port import Obj
from strategies.model import Phase, Rollout, Stage, State

_HASH = 10  # characters of a pod-template-hash, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """`dialect` is the controller's own, None where it names none."""

    providers: Providers
    dialect: Dialect | None

    def provided(self, spec: CanarySpec) -> bool:
        """Is there anywhere to ask for metrics?"""
        asker = Asker(namespace="", interval=spec.analysis.interval)
        places = (self.providers.place(metric.provider or spec.analysis.provider, asker) for metric in spec.analysis.own)
        return None not in places

    def target(self, sight: Sight, state: State, spec: CanarySpec) -> Target | None:
        """What to measure now; None while no version has traffic that is to be judged."""
        rollout = state.rollout
        if rollout is None or not rollout.plan.judged or not _serves(state, rollout):
            return None
        analysis = spec.analysis
        asker = Asker(namespace=sight.scene.namespace, interval=analysis.interval)
        places = {metric.name: self.providers.place(metric.provider or analysis.provider, asker) for metric in analysis.own}
        metrics = [(plan, place) for plan in spec.metric_plans(self.dialect) if (place := places[plan.name]) is not None]
        if len(metrics) < len(places):
            return None
        return Target(
            rollout=rollout.id,
            subject=_subject(sight),
            metrics=tuple(metrics),
            interval=analysis.interval,
            warm_until=(rollout.first_live_at or rollout.entered_at) + analysis.warmup,
            step=f"{rollout.step}.{rollout.attempt}",
        )


def _serves(state: State, rollout: Rollout) -> bool:
    judged = state.phase in (Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING) and rollout.stage is not Stage.SETTLING
    return judged and not rollout.reverting and (rollout.weight > 0 or rollout.first_live_at is not None)


def _cut(stem: str) -> str:
    return stem[:LONGEST_STEM]


def _pods_of(deployment: str) -> str:
    """A pattern of the names of a Deployment's pods: `name-hash-random`, less what Kubernetes cuts from a long one."""
    if len(deployment) + _HASH + 2 <= LONGEST_STEM:
        return f"{deployment}-[a-z0-9]+-[a-z0-9]+"
    return f"{_cut(deployment + '-')}[-a-z0-9]+"


def _pods_in(replica_set: Obj) -> str:
    """A pattern of the names of a ReplicaSet's pods; where Kubernetes cuts into the hash, of its neighbours' too."""
    return _cut(f"{replica_set['metadata']['name']}-") + "[a-z0-9]+"


def _subject(sight: Sight) -> Subject:
    scene = sight.scene
    sets = {Version.STABLE: sight.stable_set, Version.CANARY: sight.canary_set} if scene.in_place else {}
    pods = {version: _pods_in(found) for version, found in sets.items() if found is not None}
    return Subject(
        namespace=scene.namespace,
        canary=scene.name,
        service=scene.service or scene.stable,
        stable_leaf=scene.stable_leaf,
        canary_leaf=scene.canary_leaf,
        stable_pods=pods.get(Version.STABLE) or _pods_of(scene.stable),
        canary_pods=pods.get(Version.CANARY) or _pods_of(scene.canary),
        stable_deployment=scene.stable,
        canary_deployment=scene.canary,
        exact=frozenset(pods),
    )
