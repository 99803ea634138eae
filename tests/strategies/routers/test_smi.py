"""SMI TrafficSplit: rendered, read back, and refused."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from strategies.routers.base import Place, RoutingError, Split, preferred
from strategies.routers.smi import DIALECTS, LARGEST_SUM, Smi, quantity

weights = st.decimals(min_value=0, max_value=100, places=3)


def a_split(canary: Decimal | int | str = 0) -> Split:
    return Split(apex="reviews", stable_leaf="reviews-stable", canary_leaf="reviews-canary", canary=Decimal(canary))


def at(version: str = "v1alpha2") -> Place:
    return Place(namespace="bookinfo", name="reviews", version=version)


def found(
    *weights: Any, service: str = "reviews", names: tuple[str, ...] = ("reviews-stable", "reviews-canary", "reviews-x")
) -> dict:
    backends = [{"service": name, "weight": weight} for name, weight in zip(names, weights, strict=False)]
    return {"metadata": {"name": "reviews"}, "spec": {"service": service, "backends": backends}}


def test_rendered_as_the_specification_writes_it() -> None:
    expected = yaml.safe_load("""
        apiVersion: split.smi-spec.io/v1alpha2
        kind: TrafficSplit
        metadata: {name: reviews, namespace: bookinfo}
        spec:
          service: reviews
          backends:
          - {service: reviews-stable, weight: 95}
          - {service: reviews-canary, weight: 5}
    """)
    assert Smi().render(a_split(5), at()) == expected


@pytest.mark.parametrize(
    ("version", "canary", "expected"),
    [
        ("v1alpha1", "12.5", [87500, 12500]),
        ("v1alpha1", "10", [90, 10]),
        ("v1alpha2", "12.5", [87.5, 12.5]),
        ("v1alpha2", "0.001", [99.999, 0.001]),
        ("v1alpha3", "0", [100, 0]),
        ("v1alpha4", "100", [0, 100]),
    ],
)
def test_weights_are_written_as_each_version_wants(version: str, canary: str, expected: list[float]) -> None:
    rendered = Smi().render(a_split(canary), at(version))
    assert [backend["weight"] for backend in rendered["spec"]["backends"]] == expected


@given(canary=weights, version=st.sampled_from(sorted(DIALECTS)))
def test_what_is_written_is_read_back_exactly_and_is_safe_for_linkerd(canary: Decimal, version: str) -> None:
    rendered = Smi().render(a_split(canary), at(version))
    total = sum(Decimal(str(backend["weight"])) for backend in rendered["spec"]["backends"])
    assert Smi().read(rendered, a_split()) == canary
    assert 0 < total <= LARGEST_SUM


@pytest.mark.parametrize("canary", ["-0.001", "100.001", "0.0001"])
def test_weights_that_cannot_be_written_are_refused(canary: str) -> None:
    with pytest.raises(RoutingError, match="weight of"):
        Smi().render(a_split(canary), at())


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ((90, 10), 10),
        (("90", "10"), 10),
        ((1, "500m"), Decimal("33.333")),
        (("1e3", 1000), 50),
        ((1, 4), 80),
        (("1Ki", 1024), 50),
        ((0.5, 0.5), 50),
        ((1, 0), 0),
        ((1,), 0),
        ((0, 0), None),
        ((), None),
        ((50, 25, 25), None),
        ((50, 50, 0), 50),
    ],
)
def test_the_live_share_is_read_whatever_the_unit(live: tuple[Any, ...], expected: Decimal | None) -> None:
    assert Smi().read(found(*live), a_split()) == expected


def test_a_split_of_another_apex_is_not_ours() -> None:
    assert Smi().read(found(50, 50, service="ratings"), a_split()) is None


@pytest.mark.parametrize("weight", ["abc", "-3", -3, True, "1 0", "10%", ""])
def test_a_weight_that_is_no_quantity_is_named(weight: Any) -> None:
    with pytest.raises(RoutingError, match=r"TrafficSplit reviews: spec\.backends\[0\]\.weight is"):
        Smi().read(found(weight, 1), a_split())


@given(number=st.decimals(min_value=0, max_value=10**9, places=3, allow_nan=False))
def test_quantities_are_exact(number: Decimal) -> None:
    assert quantity(str(number), "weight") == number
    assert quantity(f"{number}m", "weight") == number / 1000


@pytest.mark.parametrize(
    ("served", "expected"),
    [(("v1alpha1", "v1alpha2"), "v1alpha2"), (("v1alpha4",), "v1alpha4"), (("v1alpha1",), "v1alpha1"), ((), None)],
)
def test_the_version_is_what_the_cluster_serves(served: tuple[str, ...], expected: str | None) -> None:
    assert preferred(served, tuple(DIALECTS)) == expected
