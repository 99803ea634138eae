import pytest

from canary.k8s.resources import POD
from canary.k8s.selection import Selection
from tests.k8s.scripted import a_pod


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(resource=POD), (None, None, "all Pods")),
        (Selection(resource=POD, namespace="shop", name="a"), (None, "metadata.name=a", "Pod shop/a")),
        (Selection(resource=POD, labels={"x": None, "y": "1"}), ("x,y=1", None, "all Pods")),
    ],
)
def test_as_the_api_takes_it(selection: Selection, expected: tuple) -> None:
    assert (selection.label_selector, selection.field_selector, str(selection)) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(resource=POD), True),
        (Selection(resource=POD, namespace="shop"), True),
        (Selection(resource=POD, namespace="bank"), False),
        (Selection(resource=POD, name="a"), True),
        (Selection(resource=POD, name="b"), False),
        (Selection(resource=POD, labels={"app": None}), True),
        (Selection(resource=POD, labels={"app": "cart"}), True),
        (Selection(resource=POD, labels={"app": "till"}), False),
        (Selection(resource=POD, labels={"app": "cart", "role": None}), False),
    ],
)
def test_what_it_covers(selection: Selection, expected: bool) -> None:
    assert selection.covers(a_pod("a", 1, app="cart")) is expected
