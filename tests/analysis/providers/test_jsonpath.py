"""JSONPath: what leads to a number is found, what would cost more than one pass is refused with its place."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.providers.jsonpath import BadPath, parse

DOCUMENT = {
    "data": {"p99": 0.25, "a b": [1, 2, 3], "it's": 4, 'say "x"': 5, "": 6, "ü": 7},
    "rows": [
        {"version": "stable", "errors": 2, "ok": True, "tags": {"zone": "a"}},
        {"version": "canary", "errors": 7, "ok": False, "tags": {"zone": "b"}},
        {"errors": None},
    ],
    "1": 1,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [DOCUMENT]),
        ("$.data.p99", [0.25]),
        (" $.data.p99 ", [0.25]),
        ("$['data']['a b'][0]", [1]),
        ('$["data"]["a b"][-1]', [3]),
        ("$.data['it\\'s']", [4]),
        ("$.data['say \"x\"']", [5]),
        ('$.data["say \\"x\\""]', [5]),
        ("$.data['']", [6]),
        ("$.data.ü", [7]),
        ("$.data['\\u00fc']", [7]),
        ("$['1']", [1]),
        ("$.data['a b'][*]", [1, 2, 3]),
        ("$.data['a b'].*", [1, 2, 3]),
        ("$.rows[*].errors", [2, 7, None]),
        ("$.rows[?@.version == 'canary'].errors", [7]),
        ("$.rows[?(@.version=='canary')].errors", [7]),
        ("$.rows[?@['tags'].zone == \"a\"].errors", [2]),
        ("$.rows[?@.version != 'canary'].errors", [2, None]),
        ("$.rows[?@.errors > 2].version", ["canary"]),
        ("$.rows[?@.errors <= 2].version", ["stable"]),
        ("$.rows[?@.errors == 2.0].version", ["stable"]),
        ("$.rows[?@.errors == null].errors", [None]),
        ("$.rows[?@.ok == true].errors", [2]),
        ("$.rows[?@.ok == 1].errors", []),
        ("$.data['a b'][?@ >= 2]", [2, 3]),
        ("$.rows[9].errors", []),
        ("$.rows[-9].errors", []),
        ("$.rows.errors", []),
        ("$.data[0]", []),
        ("$.nothing.at.all", []),
        ("$.data.p99[*]", []),
    ],
)
def test_what_a_path_leads_to(path, found):
    assert found == parse(path).find(DOCUMENT)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("data.p99", "a path begins with $"),
        ("", "a path begins with $"),
        ("$..p99", "can't be read from `..p99` on"),
        ("$.rows[0:2]", "can't be read from `[0:2]` on"),
        ("$.rows[0,1]", "can't be read from `[0,1]` on"),
        ("$.rows[?match(@.a, 'x.*')]", "can't be read from `[?match(@.a, 'x.*')]` on"),
        ("$.rows[?@.a == 'x' && @.b == 'y']", "can't be read from"),
        ("$.rows[?(@.a == 1]", "can't be read from"),
        ("$.rows[?@..a == 1]", "can't be read from"),
        ("$.rows[?@[*] == 1]", "can't be read from"),
        ("$.rows[01]", "can't be read from"),
        ("$.rows[9999999999]", "can't be read from"),
        ("$['\\x']", "is no text: only"),
        ("$.a\n.b", "can't be read from"),
    ],
)
def test_what_is_no_path_is_refused_where_it_stops_making_sense(path, says):
    with pytest.raises(BadPath) as refused:
        parse(path)
    assert says in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.text() | st.text(alphabet="$.[]*?@='\"\\ab01-<>!() ").map(lambda text: f"${text}"), json_values)
def test_any_text_is_a_path_or_refused(text, document):
    with suppress(BadPath):
        parse(text).find(document)


@given(st.text(), json_values)
def test_any_name_can_be_asked_for(name, value):
    quoted = name.translate(str.maketrans({"\\": "\\\\", "'": "\\'", **{chr(code): f"\\u{code:04x}" for code in range(32)}}))
    assert parse(f"$['{quoted}']").find({name: value, "other": 1} if name != "other" else {name: value}) == [value]
