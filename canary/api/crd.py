"""The CustomResourceDefinition of `Canary`, made from the models; `python -m canary.api.crd` prints it."""

import sys
from typing import Any

import yaml

from analysis.scalars import DNS_LABEL, RULES
from canary.api.identity import LONGEST_LABEL
from canary.api.status_fields import CanaryStatus
from canary.api.structural import Node, structural
from canary.api.v1alpha1 import KIND, CanarySpec
from canary.k8s.names import GROUP, VERSION
from strategies.model import RESTING

PLURAL = "canaries"

_AT_REST = ", ".join(f"'{phase}'" for phase in sorted(RESTING))
_SAME_ROUTE = (
    "self.spec.traffic.router == oldSelf.spec.traffic.router && has(self.spec.service) == has(oldSelf.spec.service)"
    " && (!has(self.spec.service) || self.spec.service == oldSelf.spec.service)"
)
_RULES = (
    (f"size(self.metadata.name) <= {LONGEST_LABEL}", f"metadata.name has more than {LONGEST_LABEL} characters: shorten it"),
    (f"self.metadata.name.matches('{DNS_LABEL}')", "metadata.name may hold lower-case letters, digits and - only: rename it"),
    (
        f"!has(self.status) || !has(self.status.phase) || self.status.phase in [{_AT_REST}] || ({_SAME_ROUTE})",
        "spec.service and spec.traffic.router can't change while a rollout is under way: wait for its end, or roll it back first",
    ),
)
_COLUMNS = (
    ("Phase", ".status.phase", "Where the Canary stands."),
    ("Step", ".status.step", "Step of steps."),
    ("Weight", ".status.weight", "The canary's share of traffic."),
    ("Verdict", ".status.verdict", "The gravest verdict of any metric."),
    ("Message", ".status.message", "Why it stands there."),
)


def canary_crd() -> dict[str, Any]:
    """The CRD as a dictionary, ready to be applied."""
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(),
        "schema": {"openAPIV3Schema": canary_schema()},
    }
    names = {
        "kind": KIND,
        "listKind": f"{KIND}List",
        "plural": PLURAL,
        "singular": KIND.lower(),
        "shortNames": ["cny"],
        "categories": ["all"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def canary_schema() -> Node:
    """The structural schema of the whole object."""
    return {
        "type": "object",
        "description": "Delivers new versions of a workload step by step, and takes a bad one out of traffic on evidence.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}"},
            "kind": {"type": "string", "description": KIND},
            "metadata": {"type": "object"},
            "spec": structural(CanarySpec),
            "status": structural(CanaryStatus),
        },
        RULES: [{"rule": rule, "message": sentence} for rule, sentence in _RULES],
    }


def _columns() -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {"name": name, "type": "string", "jsonPath": path, "description": words} for name, path, words in _COLUMNS
    ]
    return [*columns, {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]


class _Plain(yaml.SafeDumper):
    """Writes a value that occurs twice twice: Kubernetes' own tools write no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def canary_crd_yaml() -> str:
    """The CRD as the file that is kept beside the code."""
    return yaml.dump(canary_crd(), Dumper=_Plain, sort_keys=False, width=130, allow_unicode=True)


if __name__ == "__main__":
    sys.stdout.write(canary_crd_yaml())
