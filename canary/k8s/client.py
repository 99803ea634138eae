"""A cluster over HTTP: `KubernetesApi` in terms of requests. Bodies stay raw JSON; models would drop fields they don't know."""

import importlib.metadata
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Self

from canary.errors import NotFound, Unavailable
from canary.k8s.credentials import Access, find_access
from canary.k8s.errors import Attempt, from_status
from canary.k8s.names import FIELD_MANAGER
from canary.k8s.port import DEADLINE, PAGE, EventType, Obj, Page, Propagation, ServedGroup, WatchEvent
from canary.k8s.resources import Resource
from canary.k8s.wire import Call, Request, Wire

_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML


class Client:
    """Implements `KubernetesApi`; made by `connect`, closed by `close` or as an async context manager.

    `namespace` is where a person means to be (the kubeconfig context's, or the pod's own), `server` the API server's URL.
    """

    def __init__(self, access: Access, *, manager: str = FIELD_MANAGER, on_call: Callable[[Call], None] | None = None) -> None:
        self.namespace = access.namespace
        self.server = str(access.configuration.host)
        self._manager = manager
        self._wire = Wire(access, user_agent=f"{manager}/{importlib.metadata.version('canary-delivery')}", on_call=on_call)

    async def close(self) -> None:
        """Give the connections back."""
        await self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None, deadline: timedelta = DEADLINE) -> Obj:
        attempt = _attempt("get", resource, namespace, name)
        return await self._wire.send(Request(method="GET", attempt=attempt, path=resource.path(namespace, name)), deadline)

    async def pages(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        page_size: int = PAGE,
        deadline: timedelta = DEADLINE,
    ) -> AsyncGenerator[Page, None]:
        query: dict[str, str | int | None] = {"limit": page_size, "labelSelector": labels, "fieldSelector": fields}
        attempt = _attempt("list", resource, namespace)
        # The server leaves these two out of the items of built-in kinds.
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        while True:
            request = Request(method="GET", attempt=attempt, path=resource.path(namespace), query=query)
            listed = await self._wire.send(request, deadline)
            items = [{**kind, **item} for item in listed.get("items") or ()]
            yield Page(items=items, resource_version=listed["metadata"]["resourceVersion"])
            query["continue"] = listed["metadata"].get("continue")
            if not query["continue"]:
                return

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Page:
        items: list[Obj] = []
        version = ""
        async for page in self.pages(resource, namespace=namespace, labels=labels, fields=fields, deadline=deadline):
            items.extend(page.items)
            version = page.resource_version
        return Page(items=items, resource_version=version)

    async def create(self, resource: Resource, obj: Mapping[str, Any], *, deadline: timedelta = DEADLINE) -> Obj:
        namespace, name = _identity(obj)
        request = Request(
            method="POST",
            attempt=_attempt("create", resource, namespace, name),
            path=resource.path(namespace),
            query={"fieldManager": self._manager},
            body=obj,
        )
        return await self._wire.send(request, deadline)

    async def apply(
        self, resource: Resource, obj: Mapping[str, Any], *, subresource: str | None = None, deadline: timedelta = DEADLINE
    ) -> Obj:
        namespace, name = _identity(obj)
        request = Request(
            method="PATCH",
            attempt=_attempt("apply", resource, namespace, name),
            path=resource.path(namespace, name, subresource),
            query={"fieldManager": self._manager, "force": "true"},
            body={"apiVersion": resource.api_version, "kind": resource.kind, **obj},
            content_type=_APPLY_PATCH,
        )
        return await self._wire.send(request, deadline)

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
        attempt = _attempt("patch", resource, namespace, name)
        return await self._patch(attempt, resource.path(namespace, name, subresource), patch, _MERGE_PATCH, deadline)

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
        attempt = _attempt("patch", resource, namespace, name)
        return await self._patch(attempt, resource.path(namespace, name, subresource), list(operations), _JSON_PATCH, deadline)

    async def patch_status(
        self,
        resource: Resource,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str | None = None,
        deadline: timedelta = DEADLINE,
    ) -> Obj:
        return await self.merge_patch(resource, name, patch, namespace=namespace, subresource="status", deadline=deadline)

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
        preconditions = {k: v for k, v in (("uid", uid), ("resourceVersion", resource_version)) if v is not None}
        request = Request(
            method="DELETE",
            attempt=_attempt("delete", resource, namespace, name),
            path=resource.path(namespace, name),
            body={"propagationPolicy": propagation, "preconditions": preconditions},
        )
        try:
            await self._wire.send(request, deadline)
        except NotFound:
            return False
        return True

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
        query: dict[str, str | int | None] = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": max(1, round(timeout.total_seconds())),
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        attempt = _attempt("watch", resource, namespace)
        return self._watching(Request(method="GET", attempt=attempt, path=resource.path(namespace), query=query))

    async def discover(self, group: str, *, deadline: timedelta = DEADLINE) -> ServedGroup:
        request = Request(method="GET", attempt=Attempt(verb="discover", what=f"API group {group}"), path=f"/apis/{group}")
        try:
            found = await self._wire.send(request, deadline)
        except NotFound:
            return ServedGroup(group=group, versions=())
        served = [version["version"] for version in found["versions"]]
        preferred = (found.get("preferredVersion") or {}).get("version")
        return ServedGroup(group=group, versions=tuple(sorted(served, key=lambda version: version != preferred)))

    async def _patch(self, attempt: Attempt, path: str, body: Any, content_type: str, deadline: timedelta) -> Obj:
        query = {"fieldManager": self._manager}
        request = Request(method="PATCH", attempt=attempt, path=path, query=query, body=body, content_type=content_type)
        return await self._wire.send(request, deadline)

    @asynccontextmanager
    async def _watching(self, request: Request) -> AsyncIterator[AsyncIterator[WatchEvent]]:
        async with self._wire.stream(request) as lines:
            yield _events(lines, request.attempt)


async def connect(
    kubeconfig: str | None = None,
    context: str | None = None,
    *,
    manager: str = FIELD_MANAGER,
    on_call: Callable[[Call], None] | None = None,
) -> Client:
    """A client for the cluster that the arguments or the environment name; raises Misconfigured, sends nothing yet.

    `manager` is both field manager and User-Agent. `on_call` is told of every finished request.
    """
    return Client(await find_access(kubeconfig, context), manager=manager, on_call=on_call)


async def _events(lines: AsyncIterator[bytes], attempt: Attempt) -> AsyncIterator[WatchEvent]:
    async for line in lines:
        try:
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise from_status(event["object"], attempt)
            yield WatchEvent(type=EventType(event["type"]), object=event["object"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"Cannot {attempt}: the stream holds something that is no watch event.") from error


def _attempt(verb: str, resource: Resource, namespace: str | None, name: str | None = None) -> Attempt:
    return Attempt(verb=verb, what=resource.describe(namespace, name), plural=resource.plural)


def _identity(obj: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Namespace and name; the latter is None for `generateName` and for reviews."""
    metadata = obj.get("metadata") or {}
    return metadata.get("namespace"), metadata.get("name")
