import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.k8s.cache import Cache, key_of
from canary.k8s.port import Obj
from tests.k8s.scripted import a_pod


def by_label(obj: Obj) -> list[tuple[str, str]]:
    return list(obj["metadata"]["labels"].items())


def test_objects_by_key() -> None:
    cache = Cache()
    cache.put(a_pod("a", 1))
    assert (cache.get("shop", "a"), cache.get("shop", "b"), len(cache)) == (a_pod("a", 1), None, 1)


def test_a_cluster_scoped_object_has_an_empty_namespace() -> None:
    assert key_of({"metadata": {"name": "shop"}}) == ("", "shop")


def test_an_object_moves_in_the_index_when_it_changes() -> None:
    cache = Cache({"label": by_label})
    cache.put(a_pod("a", 1, app="cart"))
    cache.put(a_pod("b", 2, app="cart"))
    cache.put(a_pod("a", 3, app="till"))
    assert cache.by("label", ("app", "cart")) == [a_pod("b", 2, app="cart")]
    assert cache.by("label", ("app", "till")) == [a_pod("a", 3, app="till")]


def test_an_unknown_index_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Cache().by("label", "x")


_STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["cart", "till", None])), max_size=30)


@given(steps=_STEPS)
def test_the_index_finds_what_a_search_would(steps: list[tuple[str, str | None]]) -> None:
    cache = Cache({"label": by_label})
    for version, (name, app) in enumerate(steps):
        if app is None:
            cache.drop(("shop", name))
        else:
            cache.put(a_pod(name, version, app=app))
    for app in ("cart", "till"):
        found = {key_of(obj) for obj in cache.by("label", ("app", app))}
        assert found == {key_of(obj) for obj in cache if obj["metadata"]["labels"]["app"] == app}
