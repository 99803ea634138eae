import itertools

from hypothesis import given
from hypothesis import strategies as st

from canary.k8s.lines import LineSplitter

_LINES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"x")).filter(lambda line: bool(line.strip())))


@given(lines=_LINES, cuts=st.lists(st.integers(0, 400), max_size=10))
def test_any_cutting_gives_the_same_lines(lines: list[bytes], cuts: list[int]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    edges = [0, *sorted(cuts), len(text)]
    splitter = LineSplitter()
    got = [line for start, end in itertools.pairwise(edges) for line in splitter.feed(text[start:end])]
    assert (got, splitter.incomplete) == (lines, False)


def test_a_line_without_its_end_is_incomplete() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b'{"a": 1}\n{"b"') == [b'{"a": 1}']
    assert splitter.incomplete


def test_blank_lines_are_no_lines() -> None:
    splitter = LineSplitter()
    assert (splitter.feed(b"\n \na\n\n"), splitter.incomplete) == ([b"a"], False)
