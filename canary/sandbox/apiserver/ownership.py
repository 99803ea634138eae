"""Who manages which field: `metadata.managedFields` and server-side apply.

An apply owns exactly the fields of its configuration. A field that another manager owns with another value is a conflict
unless forced; a field that the applier no longer names and nobody else owns is removed. Any other write takes over the
fields that it changed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from canary.sandbox.apiserver.fieldsets import (
    Path,
    is_atomic,
    item_step,
    leaves,
    list_type,
    parsed,
    prefixes,
    rendered,
    shown,
    without,
)
from canary.sandbox.apiserver.schema import Node, child
from canary.sandbox.errors import Conflict
from canary.sandbox.objects import Object, copied, metadata

_KUBECTL = "kubectl"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """One entry's identity."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    manager: Manager
    time: str
    fields: frozenset[Path] = field(default_factory=frozenset)


def applied(live: Object, config: Object, node: Node | None, manager: Manager, *, force: bool) -> Object:
    """Give the live object with the configuration applied, without touching managedFields. Raises Conflict."""
    wanted = leaves(config, node)
    entries = _entries(live)
    if not force:
        held = wanted if manager.name != _KUBECTL else {path: wanted[path] for path in wanted.keys() - _client_side(live, node)}
        _refuse_conflicts(held, leaves(live, node), [each for each in entries if each.manager != manager])
    made: Object = _merged(live, config, node)
    before = next((each.fields for each in entries if each.manager == manager), frozenset())
    others = frozenset().union(*(each.fields for each in entries if each.manager != manager))
    for path in sorted(before - others - prefixes(wanted), key=len):
        made = without(made, path, node)
    return made


def after_apply(live: Object, config: Object, made: Object, node: Node | None, *, manager: Manager, time: str) -> list[Object]:
    """Give managedFields after `applied`: the manager owns the configuration, others lose what it changed."""
    owned = frozenset(leaves(config, node))
    entries, result = _entries(live), leaves(made, node)
    changed = _changed(leaves(live, node), result) & owned
    kept = [replace(each, fields=frozenset(each.fields - changed)) for each in entries if each.manager != manager]
    before = next((each for each in entries if each.manager == manager), None)
    same = before is not None and before.fields == owned and not changed
    mine = _Entry(manager=manager, time=before.time if before and same else time, fields=owned)
    return _render([*_present(kept, result), mine], metadata(live).get("managedFields") or [])


def after_update(old: Object, new: Object, node: Node | None, *, manager: Manager, time: str) -> list[Object]:
    """Give managedFields after a write other than apply; a write that changes `managedFields` itself is taken at its word."""
    base = new if "managedFields" in metadata(new) else old
    before, result = leaves(old, node), leaves(new, node)
    changed = _changed(before, result)
    entries = _present(_entries(base), result)
    if not changed:
        return _render(entries, metadata(base).get("managedFields") or [])
    kept = [replace(each, fields=frozenset(each.fields - changed)) for each in entries if each.manager != manager]
    mine = next((each.fields for each in entries if each.manager == manager), frozenset())
    return _render([*kept, _Entry(manager=manager, time=time, fields=mine | changed)], metadata(base).get("managedFields") or [])


def _client_side(live: Object, node: Node | None) -> set[Path]:
    """What kubectl has applied from the client's side, and so may take over when it moves to the server's."""
    text = (metadata(live).get("annotations") or {}).get(_LAST_APPLIED)
    try:
        return set(leaves(json.loads(text), node)) if text else set()
    except ValueError:
        return set()


def _changed(before: dict[Path, Any], after: dict[Path, Any]) -> set[Path]:
    return {path for path, value in after.items() if path not in before or before[path] != value}


def _entries(obj: Object) -> list[_Entry]:
    found = []
    for each in metadata(obj).get("managedFields") or []:
        name, operation = each.get("manager", "unknown"), each.get("operation", "Update")
        manager = Manager(
            name=name, operation=operation, api_version=each.get("apiVersion", ""), subresource=each.get("subresource", "")
        )
        found.append(_Entry(manager=manager, time=each.get("time", ""), fields=frozenset(parsed(each.get("fieldsV1") or {}))))
    return found


def _present(entries: Sequence[_Entry], result: dict[Path, Any]) -> list[_Entry]:
    """Fields that are gone belong to nobody."""
    standing = prefixes(result)
    return [replace(each, fields=each.fields & standing) for each in entries]


def _render(entries: Sequence[_Entry], before: Sequence[Object]) -> list[Object]:
    """Write the entries; one that is as it was keeps its very words, so that nothing changes where nothing changed."""
    former = {(each.get("manager"), each.get("operation"), each.get("subresource", "")): each for each in before}
    made = []
    for each in sorted(entries, key=lambda entry: (entry.manager.operation, entry.time, entry.manager.name)):
        if not each.fields:
            continue
        known = former.get((each.manager.name, each.manager.operation, each.manager.subresource))
        if known and known.get("time", "") == each.time and parsed(known.get("fieldsV1") or {}) == each.fields:
            made.append(known)
        else:
            made.append(_entry(each))
    return made


def _entry(each: _Entry) -> Object:
    entry = {"manager": each.manager.name, "operation": each.manager.operation, "apiVersion": each.manager.api_version}
    made: Object = {**entry, "time": each.time, "fieldsType": "FieldsV1", "fieldsV1": rendered(each.fields)}
    return {**made, "subresource": each.manager.subresource} if each.manager.subresource else made


def _refuse_conflicts(wanted: dict[Path, Any], live: dict[Path, Any], others: Sequence[_Entry]) -> None:
    """Raise Conflict when another manager owns a field of the configuration with another value."""
    differing = {path for path, value in wanted.items() if path in live and live[path] != value}
    found = [(each.manager, path) for each in others for path in sorted(each.fields) if path in differing]
    if not found:
        return
    groups: dict[str, list[str]] = {}
    for manager, path in found:
        groups.setdefault(_described(manager), []).append(shown(path))
    plural = "s" if len(found) > 1 else ""
    if plural:
        text = "\n".join(f"conflicts with {who}:\n" + "\n".join(f"- {path}" for path in paths) for who, paths in groups.items())
    else:
        text = "".join(f"conflict with {who}: {paths[0]}" for who, paths in groups.items())
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {_described(manager)}", "field": shown(path)}
        for manager, path in found
    ]
    raise Conflict(f"Apply failed with {len(found)} conflict{plural}: {text}", {"causes": causes})


def _described(manager: Manager) -> str:
    extra = f' with subresource "{manager.subresource}"' if manager.subresource else ""
    using = f" using {manager.api_version}" if manager.operation == "Update" else ""
    return f'"{manager.name}"{extra}{using}'


def _merged(live: Any, config: Any, node: Node | None) -> Any:
    if isinstance(live, dict) and isinstance(config, dict) and not is_atomic(node):
        made = {name: each for name, each in live.items() if not (name in config and config[name] is None)}
        for name, each in config.items():
            if each is not None:
                made[name] = _merged(live.get(name), each, child(node, name))
        return made
    if isinstance(live, list) and isinstance(config, list) and list_type(node) != "atomic":
        items = {item_step(each, node): each for each in live}
        for each in config:
            step = item_step(each, node)
            items[step] = _merged(items.get(step), each, (node or {}).get("items"))
        return list(items.values())
    return copied(config)
