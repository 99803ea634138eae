"""Which objects of a kind are meant, in the two forms that we need: a question to the server, and a test of an object at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from canary.k8s.port import Obj
from canary.k8s.resources import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Objects of a kind: of one namespace or (None) all, with these labels (value None: any value), of this name or any."""

    resource: Resource
    namespace: str | None = None
    labels: Mapping[str, str | None] = field(default_factory=dict)
    name: str | None = None

    def __str__(self) -> str:
        return self.resource.describe(self.namespace, self.name)

    @property
    def label_selector(self) -> str | None:
        """As the API takes it."""
        return ",".join(key if value is None else f"{key}={value}" for key, value in self.labels.items()) or None

    @property
    def field_selector(self) -> str | None:
        """As the API takes it."""
        return None if self.name is None else f"metadata.name={self.name}"

    def covers(self, obj: Obj) -> bool:
        """Whether the server would count `obj` in."""
        metadata = obj["metadata"]
        labels = metadata.get("labels") or {}
        return (
            self.namespace in (None, metadata.get("namespace"))
            and self.name in (None, metadata["name"])
            and all(key in labels and value in (None, labels[key]) for key, value in self.labels.items())
        )
