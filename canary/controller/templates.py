"""The AnalysisTemplates of the cluster, kept current by watches.

A cluster that does not know them yet, or a controller that may not see them, is no problem until a Canary names one: so neither
is among the problems of the caches.
"""

from collections.abc import Callable, Iterable

from analysis.spec.templates import Scope, TemplateRef
from canary.api.templates import KINDS
from canary.errors import NotFound
from canary.k8s.cache import Change
from canary.k8s.port import KubernetesApi, Obj
from canary.k8s.reflector import Reflector
from canary.k8s.resources import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from canary.k8s.selection import Selection

Place = tuple[str, str, str]
"""A template: its scope, its namespace (empty for the cluster's), its name."""


class Templates:
    """Those of one namespace, or (None) of all, and the cluster's; `told` is called with the place of each that changes."""

    def __init__(self, api: KubernetesApi, namespace: str | None, told: Callable[[Place], None]) -> None:
        self._told = told
        everywhere = Selection(resource=CLUSTER_ANALYSIS_TEMPLATE)
        here = Selection(resource=ANALYSIS_TEMPLATE, namespace=namespace)
        self._kept = {
            Scope.NAMESPACE: Reflector(api, here, lambda change: self._changed(Scope.NAMESPACE, change)),
            Scope.CLUSTER: Reflector(api, everywhere, lambda change: self._changed(Scope.CLUSTER, change)),
        }

    def reflectors(self) -> Iterable[Reflector]:
        """What has to run."""
        return self._kept.values()

    def find(self, namespace: str, ref: TemplateRef) -> Obj:
        """The template that a Canary of this namespace means. Raises NotFound with a sentence that names the remedy."""
        reflector = self._kept[ref.scope]
        _, where, name = _place(ref.scope, namespace, ref.name)
        found = reflector.cache.get(where, name)
        if found is not None:
            return found
        if reflector.problem is not None:
            raise NotFound(f"{KINDS[ref.scope]} {name} can't be looked up. {reflector.problem}")
        there = f" in namespace {where}" if where else ""
        raise NotFound(f"there is no {KINDS[ref.scope]} {name}{there}: create it, or correct name or scope")

    def _changed(self, scope: Scope, change: Change) -> None:
        self._told((scope, *change.key))


def named_by(canary: Obj) -> list[Place]:
    """The templates that a Canary names."""
    namespace = canary["metadata"]["namespace"]
    refs = (canary["spec"].get("analysis") or {}).get("templates") or ()
    return [_place(str(ref.get("scope", Scope.NAMESPACE)), namespace, str(ref.get("name"))) for ref in refs]


def _place(scope: str, namespace: str, name: str) -> Place:
    return scope, "" if scope == Scope.CLUSTER else namespace, name
