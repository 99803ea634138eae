"""Watches over HTTP: newline-delimited events, filtered, with bookmarks, initial events and a time limit."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence

from canary.sandbox.apiserver.calls import Call
from canary.sandbox.apiserver.reads import Reads, as_table, selected, shaped
from canary.sandbox.apiserver.selectors import Test
from canary.sandbox.errors import ApiError, BadRequest, Invalid
from canary.sandbox.objects import Object
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event, Watch

BOOKMARK_SECONDS = 60.0
# A real server picks a random time between 30 and 60 minutes; clients reconnect either way.
_DEFAULT_SECONDS = 1800.0
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Streams:
    """All open watches, so that stopping the server ends them."""

    def __init__(self, store: Store, reads: Reads) -> None:
        self._store = store
        self._reads = reads
        self._open: set[Watch] = set()

    def close(self) -> None:
        for watch in list(self._open):
            watch.close()

    def stream(self, call: Call) -> AsyncIterator[bytes]:
        """Subscribe now and give the lines to send. Raises BadRequest and Invalid; a version too old is the first line."""
        test, since = selected(call), _since(call)
        seconds = _seconds(call)
        initial: Sequence[Object] = self._reads.chosen(call) if since is None else ()
        try:
            watch = self._store.watch(call.target.resource, since=self._store.version if since is None else since)
        except ApiError as error:
            return _refused(error)
        self._open.add(watch)
        first = [_line(call, Change.ADDED, each) for each in initial]
        if call.flag("sendInitialEvents"):
            first.append(self._bookmark(call, self._store.version, end=True))
        return self._lines(call, watch, b"".join(first), chosen=_Filter(test), seconds=seconds)

    async def _lines(self, call: Call, watch: Watch, first: bytes, *, chosen: "_Filter", seconds: float) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.call_later(seconds, watch.close)
        bookmark = self._remind(loop, watch) if call.flag("allowWatchBookmarks") else None
        try:
            if first:
                yield first
            async for event in watch:
                if event.type is Change.BOOKMARK:
                    yield self._bookmark(call, self._store.version)
                    bookmark = self._remind(loop, watch)
                    continue
                for change, obj in chosen(event):
                    yield _line(call, change, obj)
        finally:
            end.cancel()
            if bookmark:
                bookmark.cancel()
            self._open.discard(watch)
            watch.close()

    def _remind(self, loop: asyncio.AbstractEventLoop, watch: Watch) -> asyncio.TimerHandle:
        return loop.call_later(BOOKMARK_SECONDS, lambda: watch.put(Event(type=Change.BOOKMARK, object={}, resource_version=0)))

    def _bookmark(self, call: Call, version: int, *, end: bool = False) -> bytes:
        metadata: Object = {"resourceVersion": str(version), "creationTimestamp": None}
        if end:
            metadata["annotations"] = {_INITIAL_EVENTS_END: "true"}
        resource = call.target.resource
        return _line(call, Change.BOOKMARK, {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata})


class _Filter:
    """What a selective watcher sees of a change: an object may enter or leave its selection."""

    def __init__(self, test: Test) -> None:
        self._test = test

    def __call__(self, event: Event) -> Iterator[tuple[Change, Object]]:
        was = event.previous is not None and self._test(event.previous)
        is_now = event.type is not Change.DELETED and self._test(event.object)
        if is_now:
            yield (Change.MODIFIED if was else Change.ADDED), event.object
        elif was:
            yield Change.DELETED, event.object


def _line(call: Call, change: Change, obj: Object) -> bytes:
    if change is not Change.BOOKMARK:
        shown = shaped(call, obj)
    else:
        shown = as_table(call, [], obj["metadata"]["resourceVersion"]) if call.form == "Table" else obj
    return json.dumps({"type": change, "object": shown}, separators=(",", ":")).encode() + b"\n"


async def _refused(error: ApiError) -> AsyncIterator[bytes]:
    yield json.dumps({"type": "ERROR", "object": error.status()}).encode() + b"\n"


def _since(call: Call) -> int | None:
    """The version to start after; None means to begin with what is there now."""
    given = call.params.get("resourceVersion", "")
    if given and not given.isdecimal():
        raise BadRequest(f'resourceVersion: Invalid value: "{given}": strconv.ParseUint: invalid syntax')
    if call.flag("sendInitialEvents"):
        if call.params.get("resourceVersionMatch") != "NotOlderThan":
            raise Invalid(
                "ListOptions.meta.k8s.io is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires NotOlderThan"
            )
        return None
    return int(given) if given not in {"", "0"} else None


def _seconds(call: Call) -> float:
    given = call.params.get("timeoutSeconds") or ""
    if given and not given.isdecimal():
        raise BadRequest(f'timeoutSeconds: Invalid value: "{given}"')
    return float(given or 0) or _DEFAULT_SECONDS
