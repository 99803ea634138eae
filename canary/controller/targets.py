"""What is measured for a rollout, and where: from its spec, its names and the controller's own provider."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from analysis.plan import Dialect, Subject
from analysis.providers.base import MetricSource
from analysis.providers.prometheus import PrometheusAddress, PrometheusSource
from analysis.scalars import Header
from analysis.spec.provider import PrometheusSpec
from canary.api.v1alpha1 import CanarySpec
from canary.controller.measure import Target
from canary.controller.revisions import LONGEST_STEM
from canary.controller.secrets import Secrets
from canary.controller.sight import Sight
from canary.errors import Misconfigured
from strategies.model import Phase, Rollout, Stage, State

_HASH = 10  # characters of a pod-template-hash, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """`address` and `dialect` are the controller's own, None where it names none."""

    address: str | None
    dialect: Dialect | None
    timeout: timedelta
    secrets: Secrets

    def provided(self, spec: CanarySpec) -> bool:
        """Is there anywhere to ask for metrics?"""
        return self._address(spec) is not None

    def target(self, sight: Sight, state: State, spec: CanarySpec) -> Target | None:
        """What to measure now; None while no version has traffic that is to be judged."""
        rollout = state.rollout
        address = self._address(spec)
        if rollout is None or address is None or not rollout.plan.judged or not _serves(state, rollout):
            return None
        prometheus = spec.analysis.provider.prometheus if spec.analysis.provider else None
        first = rollout.first_live_at or rollout.entered_at
        return Target(
            rollout=rollout.id,
            subject=_subject(sight),
            plans=spec.metric_plans(self.dialect),
            source=_name(address, prometheus, sight.scene.namespace),
            connect=lambda: self._connect(address, prometheus, sight.scene.namespace),
            interval=spec.analysis.interval,
            warm_until=first + spec.analysis.warmup,
            step=f"{rollout.step}.{rollout.attempt}",
        )

    def _address(self, spec: CanarySpec) -> str | None:
        named = spec.analysis.provider.prometheus.address if spec.analysis.provider else None
        return named or self.address

    async def _connect(self, address: str, spec: PrometheusSpec | None, namespace: str) -> MetricSource:
        where = PrometheusAddress(address=address, timeout=self.timeout)
        if spec is None:
            return PrometheusSource(where)
        headers = {header.name: await self._header(header, namespace) for header in spec.headers}
        if spec.auth is None:
            return PrometheusSource(replace(where, headers=headers))
        secret = await self.secrets.read(namespace, spec.auth.secret_ref.name)
        return PrometheusSource(_with_login(replace(where, headers=headers), secret, spec.auth.secret_ref.name))

    async def _header(self, header: Header, namespace: str) -> str:
        if header.secret_ref is None:
            return header.value or ""
        return await self.secrets.read_secret(namespace, header.secret_ref.name, header.secret_ref.key)


def _with_login(where: PrometheusAddress, secret: Mapping[str, str], name: str) -> PrometheusAddress:
    if "token" in secret:
        return replace(where, headers={**where.headers, "Authorization": f"Bearer {secret['token'].strip()}"})
    if {"username", "password"} <= secret.keys():
        return replace(where, basic=(secret["username"], secret["password"]))
    raise Misconfigured(
        f"spec.analysis.provider.prometheus.auth.secretRef: Secret {name} has neither token nor username and password; add one."
    )


def _name(address: str, spec: PrometheusSpec | None, namespace: str) -> tuple[str, ...]:
    """Who is asked and as whom: only those who ask as the same are asked for together."""
    if spec is None or (spec.auth is None and not spec.headers):
        return (address,)
    secret = spec.auth.secret_ref.name if spec.auth else ""
    return (address, namespace, secret, *(f"{header.name}={header.value}" for header in spec.headers))


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


def _subject(sight: Sight) -> Subject:
    scene = sight.scene
    known = sight.stable_set if scene.in_place else None
    return Subject(
        namespace=scene.namespace,
        canary=scene.name,
        service=scene.service or scene.stable,
        stable_leaf=scene.stable_leaf,
        canary_leaf=scene.canary_leaf,
        stable_pods=_cut(f"{known['metadata']['name']}-") + "[a-z0-9]+" if known else _pods_of(scene.stable),
        canary_pods=_pods_of(scene.canary),
        stable_deployment=scene.stable,
        canary_deployment=scene.canary,
    )
