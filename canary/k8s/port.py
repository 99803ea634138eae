"""What the rest of the controller asks of a Kubernetes API: raw objects in, raw objects out, each call with a deadline.

Objects are dicts as the API server writes them. They are never read, changed and put back: a server may know fields that we
don't, so every write is a patch or a server-side apply of what we own. Calls raise the types of `canary.errors`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from canary.k8s.resources import Resource

Obj = dict[str, Any]
"""A Kubernetes object as JSON; shared objects (from a cache) are treated as immutable."""

DEADLINE = timedelta(seconds=10)
PAGE = 500


class Propagation(StrEnum):
    """What happens to the objects that the deleted one owns."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class EventType(StrEnum):
    """Kinds of watch event; the protocol's ERROR is raised as an exception instead."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent:
    """One change; of a BOOKMARK only `metadata.resourceVersion` means something."""

    type: EventType
    object: Obj


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list; `resource_version` is where a watch may go on after the last page."""

    items: Sequence[Obj]
    resource_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedGroup:
    """Versions of an API group that the cluster serves, its preferred first; empty when it does not know the group."""

    group: str
    versions: tuple[str, ...]

    @property
    def preferred(self) -> str | None:
        """None when the group is not served at all."""
        return self.versions[0] if self.versions else None


class KubernetesApi(Protocol):
    """A cluster.

    `namespace` is left out for cluster-scoped kinds, and for lists and watches over all namespaces.
    `labels` and `fields` are selectors as kubectl takes them. `deadline` covers the whole call, credentials included.
    """

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None, deadline: timedelta = DEADLINE) -> Obj:
        """Read one object; raises NotFound."""
        ...

    def pages(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        page_size: int = PAGE,
        deadline: timedelta = DEADLINE,
    ) -> AsyncGenerator[Page, None]:
        """List in pages, each within the deadline; raises Gone when the list changed too long ago to go on."""
        ...

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Page:
        """All pages as one."""
        ...

    async def create(self, resource: Resource, obj: Mapping[str, Any], *, deadline: timedelta = DEADLINE) -> Obj:
        """Create `obj` in the namespace that its metadata names; raises AlreadyExists."""
        ...

    async def apply(
        self, resource: Resource, obj: Mapping[str, Any], *, subresource: str | None = None, deadline: timedelta = DEADLINE
    ) -> Obj:
        """Server-side apply: own exactly the fields in `obj` and take them over from whoever holds them."""
        ...

    async def merge_patch(
        self,
        resource: Resource,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str | None = None,
        subresource: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Obj:
        """RFC 7386; with `metadata.resourceVersion` in the patch it raises Conflict on a newer object."""
        ...

    async def json_patch(
        self,
        resource: Resource,
        name: str,
        operations: Sequence[Mapping[str, Any]],
        *,
        namespace: str | None = None,
        subresource: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Obj:
        """RFC 6902; a `test` operation that fails raises Invalid."""
        ...

    async def patch_status(
        self,
        resource: Resource,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Obj:
        """Merge patch on the status subresource; `patch` is the whole body, such as `{"status": {…}}`."""
        ...

    async def delete(
        self,
        resource: Resource,
        name: str,
        *,
        namespace: str | None = None,
        propagation: Propagation = Propagation.BACKGROUND,
        uid: str | None = None,
        resource_version: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> bool:
        """Ask for deletion; False when there was nothing to delete. A failed precondition raises Conflict."""
        ...

    def watch(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        resource_version: str,
        timeout: timedelta,
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        """Changes after `resource_version`, bookmarks included, until the server ends the stream after `timeout`.

        Entering means that the server has agreed to watch. Both entering and iterating raise Gone when that version is no
        longer kept, and Unavailable when the connection breaks; a stream that falls silent is the caller's to notice.
        """
        ...

    async def discover(self, group: str, *, deadline: timedelta = DEADLINE) -> ServedGroup:
        """Which versions of a named API group are served now."""
        ...
