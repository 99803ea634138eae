"""Quantities in the spelling of a real server."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.apiserver.quantities import canonical_quantity


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.5", "500m"),
        ("500m", "500m"),
        ("1000m", "1"),
        ("1", "1"),
        (1, "1"),
        ("1500", "1500"),
        ("2000", "2k"),
        ("128Mi", "128Mi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("100u", "100u"),
    ],
)
def test_spellings(given: str | int, expected: str) -> None:
    assert canonical_quantity(given) == expected


@pytest.mark.parametrize("given", ["", "abc", "1Zi", "1 Mi", "--1", "1.2.3"])
def test_what_is_no_quantity(given: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        canonical_quantity(given)


@given(st.decimals(min_value=0, max_value=10**9, places=3), st.sampled_from(["", "m", "k", "Ki", "Mi"]))
def test_a_canonical_spelling_stays(number: Decimal, suffix: str) -> None:
    once = canonical_quantity(f"{number}{suffix}")
    assert canonical_quantity(once) == once
