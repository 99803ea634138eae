"""Sets of fields, written as FieldsV1 and read back."""

from hypothesis import given
from hypothesis import strategies as st

from canary.sandbox.apiserver.builtin import builtin_schema
from canary.sandbox.apiserver.fieldsets import leaves, parsed, rendered, shown, without
from canary.sandbox.resources import DEPLOYMENTS

STEP = st.one_of(
    st.from_regex(r"f:[a-z]{1,3}", fullmatch=True),
    st.from_regex(r'k:\{"name":"[a-z]{1,3}"\}', fullmatch=True),
    st.from_regex(r'v:"[a-z]{1,3}"', fullmatch=True),
)
PATHS = st.sets(st.lists(STEP, min_size=1, max_size=4).map(tuple), max_size=12)


@given(PATHS)
def test_what_is_written_is_read_back(paths: set[tuple[str, ...]]) -> None:
    assert parsed(rendered(paths)) == paths


def test_items_are_named_by_all_their_keys_with_defaults() -> None:
    obj = {"spec": {"template": {"spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}}}}
    found = {shown(path) for path in leaves(obj, builtin_schema(DEPLOYMENTS))}
    container = '.spec.template.spec.containers[name="c"]'
    port = f'{container}.ports[containerPort=80,protocol="TCP"]'
    assert found == {container, f"{container}.name", port, f"{port}.containerPort"}


def test_an_atomic_map_is_one_field() -> None:
    obj = {"spec": {"selector": {"matchLabels": {"a": "b"}}}}
    assert {shown(path) for path in leaves(obj, builtin_schema(DEPLOYMENTS))} == {".spec.selector"}


def test_taking_a_field_away_takes_what_it_leaves_empty() -> None:
    obj = {"metadata": {"labels": {"a": "1"}, "name": "x"}}
    assert without(obj, ("f:metadata", "f:labels", "f:a"), builtin_schema(DEPLOYMENTS)) == {"metadata": {"name": "x"}}
