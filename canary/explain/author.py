"""Who changed the template that was tried, as far as the Deployment itself still knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from canary.cli.tried import wanted_revision
from canary.errors import CanaryError
from canary.k8s.client import Client
from canary.k8s.names import FIELD_MANAGER
from canary.k8s.port import Obj
from canary.k8s.resources import DEPLOYMENT

_CAUSE = "kubernetes.io/change-cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """`words` about who made the template of `revision` what it is."""

    revision: str
    words: str

    def of(self, revision: str) -> str | None:
        """The words, if they are about this revision."""
        return self.words if revision == self.revision else None


async def author_of(client: Client, canary: Obj) -> Author | None:
    """None when there is no such Deployment, when it may not be read, or when it does not say."""
    spec = canary.get("spec") or {}
    in_place = (spec.get("target") or {}).get("deployment")
    name = in_place or (spec.get("versions") or {}).get("canary")
    try:
        deployment = await client.get(DEPLOYMENT, str(name), namespace=canary["metadata"]["namespace"])
    except CanaryError:
        return None
    words = ", ".join(_words(deployment))
    return Author(revision=wanted_revision(deployment, in_place=bool(in_place)), words=words) if words else None


def _words(deployment: Obj) -> Iterator[str]:
    """The last field manager that wrote into the template, and the change's cause where somebody noted it."""
    metadata = deployment["metadata"]
    writers = [entry for entry in metadata.get("managedFields") or () if _wrote_template(entry)]
    if writers:
        last = max(writers, key=lambda entry: str(entry.get("time", "")))
        yield f"applied with {last.get('manager', 'an unknown tool')} at {last.get('time', 'an unknown time')}"
    if cause := (metadata.get("annotations") or {}).get(_CAUSE):
        yield f'change cause "{cause}"'


def _wrote_template(entry: Mapping[str, Any]) -> bool:
    fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
    return "f:template" in fields and entry.get("manager") != FIELD_MANAGER and not entry.get("subresource")
