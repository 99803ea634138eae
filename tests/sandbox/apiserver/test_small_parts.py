"""Ages, JSONPaths, JSON merge patch and protobuf bodies."""

from datetime import timedelta
from typing import Any

import pytest

from canary.sandbox.apiserver.ages import human
from canary.sandbox.apiserver.jsonpath import found
from canary.sandbox.apiserver.patches import merge_patch
from canary.sandbox.apiserver.protobuf import decoded
from canary.sandbox.errors import UnsupportedMediaType


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"), (119, "119s"), (120, "2m"), (303, "5m3s"), (720, "12m"), (3 * 3600, "3h"), (3 * 3600 + 1200, "3h20m"),
        (10 * 3600, "10h"), (50 * 3600, "2d2h"), (30 * 86400, "30d"), (800 * 86400, "2y70d"), (3000 * 86400, "8y"),
        (-5, "<invalid>"),
    ],
)  # fmt: skip
def test_ages_as_kubectl_shows_them(seconds: int, expected: str) -> None:
    assert human(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".spec.service", ["web"]),
        ("{.spec.service}", ["web"]),
        (".spec.backends[0].weight", [1]),
        (".spec.backends[-1].weight", [2]),
        (".spec.backends[7].weight", []),
        (".spec.backends[*].weight", [1, 2]),
        ('.spec.backends[?(@.name=="b")].weight', [2]),
        (r".labels.example\.com/team", ["shop"]),
        (".nothing.at.all", []),
    ],
)
def test_json_paths_of_columns(path: str, expected: list[Any]) -> None:
    backends = [{"name": "a", "weight": 1}, {"name": "b", "weight": 2}]
    obj = {"spec": {"service": "web", "backends": backends}, "labels": {"example.com/team": "shop"}}
    assert found(path, obj) == expected


def test_json_paths_out_of_reach_are_refused() -> None:
    with pytest.raises(ValueError, match="does not understand the JSONPath"):
        found(".spec[1:2]", {})


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
        ({"a": "b"}, {"a": {"c": None}}, {"a": {}}),
        ({"a": 1}, ["x"], ["x"]),
    ],
)
def test_merge_patches_of_the_rfc(target: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(target, patch) == expected


def envelope(kind: str, raw: bytes) -> bytes:
    identity = field(1, b"v1") + field(2, kind.encode())
    return b"k8s\x00" + field(1, identity) + field(2, raw)


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def test_a_namespace_in_protobuf() -> None:
    label = field(1, b"team") + field(2, b"shop")
    body = envelope("Namespace", field(1, field(1, b"web") + field(11, label)) + field(2, b""))
    assert decoded(body) == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": {"team": "shop"}}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        envelope("Ingress", b""),
        envelope("Namespace", field(15, b"x")),
        envelope("Namespace", field(2, field(1, b"x"))),
        b"k8s\x00\x0a\xff",
    ],
)
def test_protobuf_that_is_not_understood_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        decoded(body)
