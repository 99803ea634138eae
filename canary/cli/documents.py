"""How objects leave: JSON or YAML, as a script or `kubectl apply -f -` wants them."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import yaml

from canary.install import Document


class Form(StrEnum):
    """Machine-readable forms."""

    JSON = "json"
    YAML = "yaml"


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key, long lines left alone, nothing abbreviated to an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - yaml's signature
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml's signature
        return True


def render(value: Any, form: Form) -> str:
    """One value as a document, with the line end."""
    if form is Form.JSON:
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def render_stream(documents: Iterable[Document]) -> str:
    """Several objects as one YAML stream, each below its comment."""
    return "---\n".join(_commented(document) for document in documents)


def _commented(document: Document) -> str:
    comment = "".join(f"# {line}\n" for line in document.comment.splitlines())
    return comment + render(document.body, Form.YAML)
