"""Label selectors against a plain model of what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.apiserver.selectors import label_test
from canary.sandbox.errors import BadRequest

KEYS, VALUES = st.sampled_from(["a", "b", "x.io/c"]), st.sampled_from(["1", "2", "3"])
LABELS = st.dictionaries(KEYS, VALUES)


def matches(text: str, labels: dict[str, str]) -> bool:
    return label_test(text)({"metadata": {"labels": labels}})


@given(LABELS, KEYS, VALUES)
def test_equality(labels: dict[str, str], key: str, value: str) -> None:
    expected = labels.get(key) == value
    assert [matches(f"{key}{operator}{value}", labels) for operator in ("=", "==", "!=")] == [expected, expected, not expected]


@given(LABELS, KEYS, st.lists(VALUES, min_size=1, max_size=3))
def test_sets(labels: dict[str, str], key: str, values: list[str]) -> None:
    expected = labels.get(key) in values
    listed = ", ".join(values)
    assert (matches(f"{key} in ({listed})", labels), matches(f"{key} notin ({listed})", labels)) == (expected, not expected)


@given(LABELS, KEYS)
def test_existence(labels: dict[str, str], key: str) -> None:
    assert (matches(key, labels), matches(f"!{key}", labels)) == (key in labels, key not in labels)


@given(LABELS)
def test_terms_are_joined_by_and(labels: dict[str, str]) -> None:
    assert matches("a=1, b in (1,2) ,!x.io/c", labels) == (
        labels.get("a") == "1" and labels.get("b") in {"1", "2"} and "x.io/c" not in labels
    )


@pytest.mark.parametrize("text", ["a in (", "=", "a=b c", "a ~ b", ",", "a>1"])
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(BadRequest):
        label_test(text)
