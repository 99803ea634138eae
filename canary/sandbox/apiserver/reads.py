"""The verbs that read: get and list, with selectors, as objects, as metadata or as tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from canary.sandbox.apiserver.calls import Answer, Call
from canary.sandbox.apiserver.selectors import Test, field_test, label_test
from canary.sandbox.apiserver.tables import partial, table
from canary.sandbox.errors import BadRequest, Expired, NotFound
from canary.sandbox.objects import Object, namespace_of
from canary.sandbox.store import Store


class Reads:
    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, call: Call) -> Answer:
        at = call.target
        found = self._store.get(at.resource, at.namespace, at.name)
        if found is None:
            raise NotFound.of(at.resource, at.name)
        return Answer(body=shaped(call, found))

    def list(self, call: Call) -> Answer:
        """GET of a collection, always whole: `limit` is only a wish, and there is never more to continue with."""
        if call.params.get("continue"):
            raise Expired(
                "The provided continue parameter is too old to display a consistent list result: this server has no pages."
            )
        self._require_present(call)
        return Answer(body=self.listed(call, self.chosen(call)))

    def chosen(self, call: Call) -> Sequence[Object]:
        test = selected(call)
        return [each for each in self._store.list(call.target.resource, call.target.namespace) if test(each)]

    def listed(self, call: Call, objects: Sequence[Object]) -> Object:
        version = str(self._store.version)
        if call.form == "Table":
            return as_table(call, objects, version)
        if call.form == "PartialObjectMetadataList":
            items = [partial(each) for each in objects]
            return _list("PartialObjectMetadataList", "meta.k8s.io/v1", version, items)
        resource = call.target.resource
        return _list(f"{resource.kind}List", resource.api_version, version, [_item(call, each) for each in objects])

    def _require_present(self, call: Call) -> None:
        """An exact list of another time than now would need a history."""
        match, version = call.params.get("resourceVersionMatch", ""), call.params.get("resourceVersion", "")
        if match == "Exact" and version != str(self._store.version):
            raise Expired(f"The resourceVersion for the provided list is too old: {version} ({self._store.version})")
        if version and not version.isdecimal():
            raise BadRequest(f'resourceVersion: Invalid value: "{version}": strconv.ParseUint: invalid syntax')


def _list(kind: str, api_version: str, version: str, items: list[Object]) -> Object:
    return {"kind": kind, "apiVersion": api_version, "metadata": {"resourceVersion": version}, "items": items}


def _item(call: Call, obj: Object) -> Object:
    """Items of built-in lists don't say what they are: the list does. Clients must cope, so they get to see it here."""
    shown = call.kind.shown(obj)
    return shown if call.kind.custom else {name: each for name, each in shown.items() if name not in {"apiVersion", "kind"}}


def selected(call: Call) -> Test:
    """Whether an object is in the collection that the call names. Raises BadRequest for a bad selector."""
    tests: list[Test] = []
    if text := call.params.get("labelSelector"):
        tests.append(label_test(text))
    if text := call.params.get("fieldSelector"):
        tests.append(field_test(text, call.kind))
    if namespace := call.target.namespace:
        tests.append(lambda obj: namespace_of(obj) == namespace)
    if name := call.target.name:
        tests.append(lambda obj: obj["metadata"]["name"] == name)
    return lambda obj: all(test(obj) for test in tests)


def shaped(call: Call, obj: Object) -> Object:
    """One object in the form that the client wants."""
    if call.form == "Table":
        return as_table(call, [obj], obj["metadata"].get("resourceVersion", ""))
    if call.form in {"PartialObjectMetadata", "PartialObjectMetadataList"}:
        return partial(obj)
    return call.kind.shown(obj)


def as_table(call: Call, objects: Sequence[Object], version: str) -> Object:
    include = call.params.get("includeObject") or "Metadata"
    return table(call.kind, objects, datetime.now(UTC), version=version, include=include)
