"""Manifests as people write them: several documents to a file, Lists among them, read as kubectl reads them."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from canary.errors import Invalid
from canary.k8s.names import GROUP

STDIN = "-"
TEMPLATES = frozenset({"AnalysisTemplate", "ClusterAnalysisTemplate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object; `where` is its file and the number of its document there."""

    where: str
    body: Mapping[str, Any]

    @property
    def is_canary(self) -> bool:
        """Whether it is meant to be a Canary of ours, in whatever version."""
        return (self._ours or self.body.get("kind") == "Canary") and not self.is_template

    @property
    def is_template(self) -> bool:
        """Whether it is an AnalysisTemplate of ours, of a namespace or of the cluster."""
        return self._ours and self.body.get("kind") in TEMPLATES

    @property
    def namespace(self) -> str | None:
        """Its namespace; None where it names none."""
        metadata = self.body.get("metadata")
        return metadata.get("namespace") if isinstance(metadata, Mapping) else None

    @property
    def _ours(self) -> bool:
        return str(self.body.get("apiVersion", "")).split("/")[0] == GROUP

    def __str__(self) -> str:
        metadata = self.body.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        return f"{self.body.get('kind') or 'an object without kind'}{f' {name}' if name else ''}"


class _Loader(yaml.SafeLoader):
    """Like kubectl, which goes through JSON: a date is text, and so is every key."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - yaml's own name and shape
        first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_manifests(sources: Iterable[str]) -> tuple[Manifest, ...]:
    """All objects of these files, `-` for standard input. Raises Invalid with the place."""
    return tuple(found for source in sources for found in _read(source))


def _read(source: str) -> Iterator[Manifest]:
    name = "standard input" if source == STDIN else source
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{name} can't be read: {getattr(error, 'strerror', None) or error}.") from None
    return parse_manifests(text, name)


def parse_manifests(text: str, name: str) -> Iterator[Manifest]:
    """The objects of one text; empty documents are skipped, as kubectl does."""
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise Invalid(f"{name} is no YAML: {_problem(error)}.") from None
    for number, document in enumerate(documents, start=1):
        if document is not None:
            yield from _objects(document, f"{name}:{number}")


def _objects(document: Any, where: str) -> Iterator[Manifest]:
    if not isinstance(document, dict):
        raise Invalid(f"{where} is no object: a manifest begins with apiVersion and kind.")
    body = _with_text_keys(document)
    if body.get("kind") == "List" and isinstance(body.get("items"), list):
        for item in body["items"]:
            yield from _objects(item, where)
    else:
        yield Manifest(where=where, body=body)


def _with_text_keys(value: Any) -> Any:
    """YAML 1.1 takes an unquoted `on` for true, and kubectl makes the key "true" of it; so it must be found here."""
    if isinstance(value, dict):
        return {(str(key).lower() if isinstance(key, bool) else str(key)): _with_text_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_text_keys(item) for item in value]
    return value


def _problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
