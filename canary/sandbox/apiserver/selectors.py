"""Label selectors (equality and sets) and field selectors, as in the query of a list or a watch."""

import re
from collections.abc import Callable
from typing import TypeAlias

from canary.sandbox.apiserver.jsonpath import found
from canary.sandbox.apiserver.kinds import Kind
from canary.sandbox.errors import BadRequest
from canary.sandbox.objects import Object, labels_of

Test: TypeAlias = Callable[[Object], bool]

_KEY = r"[A-Za-z0-9./_-]+"
_TERM = re.compile(
    rf"""\s*(?:
        (?P<set>{_KEY})\s+(?P<word>in|notin)\s*\((?P<values>[^)]*)\)
      | (?P<left>{_KEY})\s*(?P<op>==|!=|=)\s*(?P<right>[A-Za-z0-9._-]*)
      | (?P<no>!)?\s*(?P<key>{_KEY})
    )\s*(?:,|\Z)""",
    re.VERBOSE,
)
_FIELDS = {
    "events": (
        *(f"involvedObject.{name}" for name in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")),
        "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ),
    "pods": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "status.phase", "status.podIP", "status.nominatedNodeName",
    ),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "namespaces": ("status.phase",),
    "replicasets.apps": ("status.replicas",),
    "jobs.batch": ("status.successful",),
}  # fmt: skip


def label_test(text: str) -> Test:
    """Raises BadRequest for what is no selector."""
    terms: list[Callable[[dict[str, str]], bool]] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TERM.match(text, at)
        if match is None:
            raise BadRequest(f"unable to parse requirement: found {text[at:]!r}, expected: a label selector")
        terms.append(_label_term(match))
        at = match.end()
    return lambda obj: all(term(labels_of(obj)) for term in terms)


def _label_term(match: re.Match[str]) -> Callable[[dict[str, str]], bool]:
    if key := match["set"]:
        values = {each.strip() for each in match["values"].split(",")}
        if match["word"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if left := match["left"]:
        right = match["right"]
        if match["op"] == "!=":
            return lambda labels: labels.get(left) != right
        return lambda labels: labels.get(left) == right
    name = match["key"]
    if match["no"]:
        return lambda labels: name not in labels
    return lambda labels: name in labels


def field_test(text: str, kind: Kind) -> Test:
    """Raises BadRequest for a field that this kind cannot be selected by."""
    tests = [_field_term(each.strip(), kind) for each in text.split(",") if each.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_term(term: str, kind: Kind) -> Test:
    match = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", term)
    if match is None:
        raise BadRequest(f"invalid selector: '{term}'; can't understand '{term}'")
    path, operator, value = match.groups()
    known = {"metadata.name", "metadata.namespace", *_FIELDS.get(kind.resource.key, ()), *kind.selectable}
    if path not in known:
        raise BadRequest(f"field label not supported: {path}")
    wanted = operator != "!="
    return lambda obj: (_text(obj, path) == value) == wanted


def _text(obj: Object, path: str) -> str:
    values = found(path, obj)
    if path == "source" and values:
        return str((values[0] or {}).get("component", ""))
    return str(values[0]) if values and values[0] is not None else ""
