"""Why a resource is refused: every field by its path, every reason as a sentence that names the remedy."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from analysis.scalars import DNS_LABEL, OBJECT_NAME, SERVICE_NAME, Objection
from analysis.spec.login import ADDRESS
from canary.errors import Cause, Invalid

_SPELLINGS = {
    DNS_LABEL: "write lower-case letters, digits and -, with a letter or digit at both ends",
    SERVICE_NAME: "write lower-case letters, digits and -, starting with a letter",
    OBJECT_NAME: "write lower-case letters, digits, - and .",
    ADDRESS: "write http://host:port or https://host/path, with no login and no parameters in it",
}
_SENTENCES = {
    "missing": "is missing: add it",
    "enum": "{shown} is not known: write one of {listed}",
    "model_type": "{shown} is not an object: write its fields, indented below it",
    "dict_type": "{shown} is not an object: write its fields, indented below it",
    "tuple_type": "{shown} is not a list: write each item after a -",
    "string_type": "{shown} is not text: put it in quotes",
    "bool_type": "{shown} is not true or false: write one of them without quotes",
    "int_type": "{shown} is not a whole number: write it without quotes and without a point",
    "int_from_float": "{shown} is not a whole number: write it without a point",
    "greater_than_equal": "{shown} is too small: write at least {ge}",
    "less_than_equal": "{shown} is too large: write at most {le}",
    "string_pattern_mismatch": "{shown} is misspelt: {spelling}",
    "string_too_long": "has {size} characters: shorten it to {max_length}",
    "string_too_short": "is empty: write something, or leave the field out",
    "too_long": "has {size} items: leave at most {max_length}",
    "too_short": "is empty: add an item, or leave the field out",
}


class InvalidCanary(Invalid):
    """The resource is refused; `causes` name every field with a sentence of its own."""

    def __init__(self, causes: tuple[Cause, ...]) -> None:
        super().__init__("; ".join(f"{cause.field}: {cause.message}" for cause in causes), causes=causes)


def causes_of(error: ValidationError, root: str) -> Iterator[Cause]:
    """What pydantic found, in our words; `root` is the path of what was validated."""
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_within(other, detail) for other in details):
            continue  # pydantic counts only the items that are good
        objections: tuple[Objection, ...] = detail.get("ctx", {}).get("objections", ())
        if not objections:
            yield Cause(field=path(root, detail["loc"]), message=_sentence(detail))
        for objection in objections:
            yield Cause(field=path(root, (*detail["loc"], *objection.at)), message=objection.sentence)


def _within(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    return len(inner["loc"]) > len(outer["loc"]) and inner["loc"][: len(outer["loc"])] == outer["loc"]


def path(root: str, steps: tuple[str | int, ...]) -> str:
    """`spec.strategy.progressive.steps[1].weight`."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _sentence(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    value = detail["input"]
    words = {
        **context,
        "shown": _shown(value),
        "size": len(value) if isinstance(value, str | list) else 0,
        "listed": str(context.get("expected")).replace("'", "").replace(" or ", ", "),
        "spelling": _SPELLINGS.get(str(context.get("pattern")), f"it must match {context.get('pattern')}"),
    }
    known = _SENTENCES.get(detail["type"])
    return known.format_map(words) if known else detail["msg"]


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
