"""The objects of an installation, in the order in which they have to be applied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from canary.install.rights import Rule, discovery_rules, rules, secret_rules
from canary.k8s.port import Obj
from canary.settings import variable

NAME = "canary-delivery"
PORT = 8080
STATE = "/var/lib/canary"
_USER = 65532  # nobody's: any number but 0
_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": "controller"}
_SECRETS = (
    "Bound to nothing on purpose. Where a Canary names a secretRef, let the controller read the secrets of that namespace:\n"
    "  kubectl create rolebinding {secrets} --clusterrole={secrets} --serviceaccount={namespace}:{name} -n NAMESPACE"
)
_STATE = "History and evidence. A rollout survives without them; a PersistentVolumeClaim here keeps them over a restart."


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a person can choose. `watch` None: the Canaries of all namespaces; `prometheus` None: each Canary names its own."""

    namespace: str = NAME
    image: str = ""
    prometheus: str | None = None
    watch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One object, and what a reader of the YAML should know about it."""

    body: Obj
    comment: str = ""


def manifests(chosen: Installation, crds: Iterable[Obj]) -> tuple[Document, ...]:
    """Everything, the definitions of our resources first."""
    return (
        *(Document(body=crd) for crd in crds),
        Document(body={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": chosen.namespace, "labels": _LABELS}}),
        Document(body=_object("v1", "ServiceAccount", NAME, chosen.namespace)),
        *_rights(chosen),
        Document(body=_deployment(chosen), comment=_STATE),
        Document(body=_service(chosen)),
    )


def default_image() -> str:
    """The image of this very version."""
    return f"{NAME}:{version('canary-delivery')}"


def _rights(chosen: Installation) -> Iterator[Document]:
    """Cluster-wide, or in one namespace but for what no namespace holds."""
    where = chosen.watch
    yield Document(body=_role(NAME, where, (*rules(), *(() if where else discovery_rules()))))
    yield Document(body=_binding(NAME, where, chosen.namespace))
    if where:
        yield Document(
            body=_role(f"{NAME}-discovery", None, discovery_rules()),
            comment="These belong to no namespace. Without this right no TrafficSplit and no ClusterAnalysisTemplate is found.",
        )
        yield Document(body=_binding(f"{NAME}-discovery", None, chosen.namespace))
    secrets = f"{NAME}-secrets"
    comment = _SECRETS.format(secrets=secrets, namespace=chosen.namespace, name=NAME)
    yield Document(body=_role(secrets, None, secret_rules()), comment=comment)


def _role(name: str, namespace: str | None, granted: tuple[Rule, ...]) -> Obj:
    kind = "Role" if namespace else "ClusterRole"
    return {**_object(f"{_RBAC}/v1", kind, name, namespace), "rules": [dict(rule) for rule in granted]}


def _binding(name: str, namespace: str | None, home: str) -> Obj:
    kind = "Role" if namespace else "ClusterRole"
    return {
        **_object(f"{_RBAC}/v1", f"{kind}Binding", name, namespace),
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": home}],
    }


def _object(api_version: str, kind: str, name: str, namespace: str | None) -> Obj:
    placed = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": _LABELS}
    return {"apiVersion": api_version, "kind": kind, "metadata": placed}


def _deployment(chosen: Installation) -> Obj:
    pod = {
        "serviceAccountName": NAME,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": 30,
        "containers": [_container(chosen)],
        "volumes": [{"name": "state", "emptyDir": {}}],
    }
    return {
        **_object("apps/v1", "Deployment", NAME, chosen.namespace),
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},  # never two controllers at once
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": pod},
        },
    }


def _container(chosen: Installation) -> Obj:
    flags = [f"--http=0.0.0.0:{PORT}", "--log-format=json"]
    flags += [f"--prometheus={chosen.prometheus}"] if chosen.prometheus else []
    flags += [f"--namespace={chosen.watch}"] if chosen.watch else []
    return {
        "name": "controller",
        "image": chosen.image or default_image(),
        "args": ["controller", *flags],
        "env": [{"name": variable("state_dir"), "value": STATE}],  # not a flag: `kubectl exec … canary explain` reads it, too
        "ports": [{"name": "http", "containerPort": PORT}],
        "livenessProbe": _probe("/healthz", initialDelaySeconds=10, periodSeconds=10, timeoutSeconds=5),
        "readinessProbe": _probe("/readyz", periodSeconds=5, timeoutSeconds=5),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "state", "mountPath": STATE}],
    }


def _probe(path: str, **numbers: Any) -> Obj:
    return {"httpGet": {"path": path, "port": "http"}, **numbers}


def _service(chosen: Installation) -> Obj:
    ports = [{"name": "http", "port": PORT, "targetPort": "http"}]
    return {
        **_object("v1", "Service", NAME, chosen.namespace),
        "spec": {"selector": _LABELS, "ports": ports},
    }
