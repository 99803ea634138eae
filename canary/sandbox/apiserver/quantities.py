"""Kubernetes quantities, rewritten as a real server hands them back: `0.5` becomes `500m`, `1000m` becomes `1`."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]|)\Z")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def canonical_quantity(given: str | float) -> str:
    """Give the shortest spelling in the family of suffixes that was used. Raises ValueError."""
    match = _QUANTITY.match(str(given))
    if match is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    number, suffix = Decimal(match[1]), match[2]
    if suffix in _BINARY:
        return _binary(number * 1024 ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return _decimal(number.scaleb(_DECIMAL[suffix]))
    exact = number * Decimal(f"1{suffix}")
    power = 0
    while exact and exact % 1000 == 0:
        exact, power = exact / 1000, power + 3
    return f"{exact:f}e{power}" if power else f"{exact:f}"


def _binary(value: Decimal) -> str:
    if value != value.to_integral_value() or abs(value) < 1024:
        return _decimal(value)
    suffixes = ["", *_BINARY]
    power = 0
    while power < 6 and value and value % 1024 == 0:
        value, power = value / 1024, power + 1
    return f"{value.to_integral_value():f}{suffixes[power]}"


def _decimal(value: Decimal) -> str:
    """Whole numbers with the largest suffix that keeps them whole; what is finer than a billionth is rounded up."""
    if not value:
        return "0"
    for suffix, power in sorted(_DECIMAL.items(), key=lambda each: -each[1]):
        scaled = value.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{scaled.to_integral_value():f}{suffix}"
    return f"{value.scaleb(9).to_integral_value('ROUND_UP'):f}n"
