"""Exact numbers: weights, percentages, ratios. A JSON number becomes the decimal that its author wrote, never a binary float."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from analysis.scalars.sections import RULES, SOMETHING, refuse_one

PERCENT = r"^(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?)%$"
HUNDRED = Decimal(100)
FINEST = Decimal("0.001")


def exact(value: object) -> Decimal:
    """A JSON number, exactly; ValueError with a sentence for anything else."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse_one(f"{_shown(value)} is not a number: write it without quotes, as 25 or 0.5")
    number = Decimal(repr(value))
    if not number.is_finite():
        raise refuse_one(f"{value} is not a finite number")
    return number


def parse_percent(value: object) -> Decimal:
    """`"2.5%"` as 2.5; ValueError with a sentence for anything else, also above 100 %."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse_one(f"{value} has no unit: write {value}%")
    if not isinstance(value, str) or not re.fullmatch(PERCENT, value):
        raise refuse_one(f"{_shown(value)} is not a percentage from 0% to 100%: write it as 1% or 0.05%")
    return Decimal(value[:-1])


def format_number(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_percent(share: Decimal) -> str:
    """The share as `parse_percent` reads it."""
    return f"{format_number(share)}%"


def plain(number: Decimal) -> int | float:
    """The number as JSON has it: whole where it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)


def _shown(value: object) -> str:
    return json.dumps(value, default=str)


def _weight(value: object) -> Decimal:
    number = exact(value)
    if not 0 < number <= HUNDRED:
        raise refuse_one(f"{format_number(number)} is no share of traffic: write more than 0 and at most 100")
    if number % FINEST:
        raise refuse_one(f"{format_number(number)} is finer than traffic can be split: write at most three decimals")
    return number


def _some_percent(value: object) -> Decimal:
    share = parse_percent(value)
    if not share:
        raise refuse_one("is nothing: write more than 0%")
    return share


def _spelled(**more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": PERCENT, "maxLength": 11, **more})


_AS_NUMBER = PlainSerializer(plain, return_type=int | float)
_AS_PERCENT = PlainSerializer(format_percent, return_type=str)
# The API server's multipleOf divides whole numbers by int(0.001), which is 0: three decimals need a rule.
_THOUSANDTHS = "double(int(self * 1000.0 + 0.5)) - self * 1000.0"
_WEIGHT = {
    "type": "number",
    "minimum": 0,
    "exclusiveMinimum": True,
    "maximum": 100,
    RULES: [
        {
            "rule": f"{_THOUSANDTHS} < 0.000001 && {_THOUSANDTHS} > -0.000001",
            "message": "is finer than traffic can be split: write at most three decimals",
        }
    ],
}

Number: TypeAlias = Annotated[Decimal, BeforeValidator(exact), _AS_NUMBER, WithJsonSchema({"type": "number"})]
Weight: TypeAlias = Annotated[Decimal, BeforeValidator(_weight), _AS_NUMBER, WithJsonSchema(_WEIGHT)]
Percent: TypeAlias = Annotated[Decimal, BeforeValidator(parse_percent), _AS_PERCENT, _spelled()]
PositivePercent: TypeAlias = Annotated[Decimal, BeforeValidator(_some_percent), _AS_PERCENT, _spelled(**SOMETHING)]


@dataclass(frozen=True, slots=True)
class Within:
    """Marks a `Decimal` field as an exact number between two bounds, both allowed."""

    least: int | float
    most: int | float

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_number = core_schema.plain_serializer_function_ser_schema(plain, return_schema=core_schema.float_schema())
        return core_schema.no_info_before_validator_function(self._read, handler(source), serialization=as_number)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "number", "minimum": self.least, "maximum": self.most}
        if self.least != int(self.least):  # of a whole number, the API server asks only that it be at least int(minimum)
            schema[RULES] = [{"rule": f"self >= {self.least}", "message": f"is too small: write at least {self.least}"}]
        return schema

    def _read(self, value: object) -> Decimal:
        number = exact(value)
        if not exact(self.least) <= number <= exact(self.most):
            raise refuse_one(f"{format_number(number)} is out of range: write a number from {self.least} to {self.most}")
        return number
