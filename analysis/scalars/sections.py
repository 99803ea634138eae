"""Sections of the resource, and how they refuse: with a sentence that names the remedy, at the field that is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

RULES = "x-kubernetes-validations"
# For text that spells a quantity: RE2 has no lookahead, so "not zero" is a rule of its own.
SOMETHING: dict[str, Any] = {RULES: [{"rule": "self.matches('[1-9]')", "message": "is nothing: write more than 0"}]}

At: TypeAlias = tuple[str | int, ...]


class Section(BaseModel):
    """A part of the resource: camelCase outside, frozen inside; fields of a newer version are ignored, not refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, use_attribute_docstrings=True)


def section(*rules: tuple[str, str]) -> ConfigDict:
    """The configuration of a section whose CEL `rules` (expression, sentence) the API server enforces."""
    return ConfigDict(json_schema_extra={RULES: [{"rule": rule, "message": sentence} for rule, sentence in rules]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Something that is refused: `at` leads from the value that was checked to the field, `sentence` names the remedy."""

    at: At = ()
    sentence: str


def refuse(*objections: Objection) -> PydanticCustomError:
    """The error (a ValueError) that carries these objections through pydantic."""
    context: dict[str, Any] = {"first": objections[0].sentence, "objections": objections}
    return PydanticCustomError("refused", "{first}", context)


def refuse_one(sentence: str, *at: str | int) -> PydanticCustomError:
    """The error for one objection."""
    return refuse(Objection(at=at, sentence=sentence))


def exactly_one(names: Sequence[str], given: Sequence[object]) -> None:
    """Raise unless exactly one of the fields `names` is given."""
    present = [name for name, value in zip(names, given, strict=True) if value is not None]
    if len(present) == 1:
        return
    found = f"{' and '.join(present)} are set" if present else "none is set"
    raise refuse_one(f"give exactly one of {', '.join(names)}: {found}")


def one_of(*names: str) -> tuple[str, str]:
    """The CEL rule that says the same as `exactly_one`."""
    count = " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in names)
    return f"{count} == 1", f"give exactly one of {', '.join(names)}"
