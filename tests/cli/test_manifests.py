"""Manifests, read as kubectl reads them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.cli.manifests import Manifest, parse_manifests, read_manifests
from canary.errors import Invalid


def bodies(text: str) -> list[dict]:
    return [dict(manifest.body) for manifest in parse_manifests(text, "a.yaml")]


def test_each_document_knows_its_place() -> None:
    found = list(parse_manifests("kind: A\n---\n---\nkind: B\nmetadata: {name: b}\n", "a.yaml"))
    assert [(manifest.where, str(manifest)) for manifest in found] == [("a.yaml:1", "A"), ("a.yaml:3", "B b")]


def test_a_list_is_its_items() -> None:
    assert bodies("apiVersion: v1\nkind: List\nitems:\n- kind: A\n- kind: B\n") == [{"kind": "A"}, {"kind": "B"}]


def test_json_is_yaml() -> None:
    assert bodies('{"kind": "Canary", "spec": {"suspend": true}}') == [{"kind": "Canary", "spec": {"suspend": True}}]


def test_an_unquoted_on_is_the_key_that_kubectl_makes_of_it() -> None:
    assert bodies("hooks: [{on: 1}]") == [{"hooks": [{"true": 1}]}]


def test_a_date_stays_text() -> None:
    assert bodies("at: 2026-11-21") == [{"at": "2026-11-21"}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1", "a.yaml is no YAML: line 1, column 6:"),
        ("a: b: c", "a.yaml is no YAML: line 1, column 5: mapping values are not allowed here."),
        ("- 1\n", "a.yaml:1 is no object: a manifest begins with apiVersion and kind."),
        ("kind: A\n---\njust words\n", "a.yaml:2 is no object"),
        ("a: !!python/object:os.system {}", "a.yaml is no YAML"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        bodies(text)
    assert refused.value.sentence.startswith(sentence)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(Invalid, match=r"^missing\.yaml can't be read: No such file or directory\.$"):
        read_manifests(["missing.yaml"])


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    found: list[Manifest] = []
    with suppress(Invalid):
        found = list(parse_manifests(text, "a.yaml"))
    assert all(manifest.where.startswith("a.yaml:") for manifest in found)
