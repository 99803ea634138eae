"""PromQL against values computed by hand, with Prometheus' rules."""

import math
from typing import Any

import pytest

from canary.sandbox.metrics.counters import Labels, labels_with
from canary.sandbox.metrics.promql import Evaluator, parse
from canary.sandbox.metrics.tsdb import Database
from canary.sandbox.metrics.values import QueryError, Range, Sample, printed

NOW = 1060.0


def samples_at(second: int) -> dict[Labels, float]:
    """A minute: `reqs` grows by 2 and by 1 a second, `bad` by 0.5, `hist` fills evenly, `reset` starts over."""
    return {
        labels_with("reqs", version="v1", ns="a"): 100 + 2.0 * second,
        labels_with("reqs", version="v2", ns="a"): 1.0 * second,
        labels_with("bad", version="v2", ns="a"): 0.5 * second,
        labels_with("gauge", version="v1"): -5.0,
        labels_with("reset"): float(second % 40),
        labels_with("hist_bucket", le="100"): 5.0 * second,
        labels_with("hist_bucket", le="500"): 9.0 * second,
        labels_with("hist_bucket", le="+Inf"): 10.0 * second,
    }


def recorded() -> Database:
    database = Database()
    for second in range(61):
        database.scrape(NOW - 60 + second, samples_at(second).items())
    return database


DATABASE = recorded()


def ask(query: str, at: float = NOW) -> Any:
    """Evaluate; an instant vector comes as a mapping from its labels, joined, to its values."""
    found = Evaluator(DATABASE, at).value(parse(query))
    if isinstance(found, list) and all(isinstance(each, Sample) for each in found):
        return {",".join(f"{name}={value}" for name, value in sorted(each.labels.items())): each.value for each in found}
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('reqs{version="v1"}', {"__name__=reqs,ns=a,version=v1": 220}),
        ('reqs{version!="v1"}', {"__name__=reqs,ns=a,version=v2": 60}),
        ('reqs{version=~"v."} > 100', {"__name__=reqs,ns=a,version=v1": 220}),
        ('reqs{version=~"v"}', {}),
        ('reqs{version!~"v1|v3",absent=""}', {"__name__=reqs,ns=a,version=v2": 60}),
        ('{__name__="bad"}', {"__name__=bad,ns=a,version=v2": 30}),
        ('{__name__=~"bad|gauge"}', {"__name__=bad,ns=a,version=v2": 30, "__name__=gauge,version=v1": -5}),
        ("bad offset 10s", {"__name__=bad,ns=a,version=v2": 25}),
        ("nothing", {}),
    ],
)
def test_selectors(query: str, expected: dict[str, float]) -> None:
    assert ask(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Thirty samples in (1030, 1060]: 29 s sampled, 1 s to the start, so 58 · 30/29 in 30 s.
        ('rate(reqs{version="v1"}[30s])', 2.0),
        ('increase(reqs{version="v1"}[30s])', 60.0),
        ('delta(reqs{version="v1"}[30s])', 60.0),
        ('irate(reqs{version="v1"}[30s])', 2.0),
        # The window reaches 60 s beyond the first sample, at 100: half a gap is extrapolated.
        ('increase(reqs{version="v1"}[2m])', 120 * 60.5 / 60),
        # The first sample is at zero: a counter was not less before, so nothing is extrapolated there.
        ('increase(reqs{version="v2"}[2m])', 60.0),
        # 39 → 0 → 20: what was lost is added back.
        ("increase(reset[30s])", (20 - 31 + 39) * 30 / 29),
        ("delta(reset[30s])", (20 - 31) * 30 / 29),
        ("irate(reset[1m] offset 20s)", 0.0),
        ('increase(reqs{version="v1"}[30s] offset 30s)', 60.0),
    ],
)
def test_growth_over_a_window(query: str, expected: float) -> None:
    (found,) = ask(query).values()
    assert found == pytest.approx(expected)


def test_growth_takes_two_samples() -> None:
    assert ask("rate(reqs[1s])") == {}
    assert ask("irate(reqs[1s])") == {}
    assert ask("rate(reqs[1m])", at=NOW + 600) == {}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sum(reqs)", {"": 280}),
        ("sum by (version) (reqs)", {"version=v1": 220, "version=v2": 60}),
        ("sum(reqs) by (nothing)", {"": 280}),
        ("avg without (version) (reqs)", {"ns=a": 140}),
        ("max(reqs)", {"": 220}),
        ("min(reqs)", {"": 60}),
        ("count(reqs)", {"": 2}),
        ("sum(nothing)", {}),
        ("max(reqs / 0 * 0)", {"": math.nan}),
    ],
)
def test_aggregations(query: str, expected: dict[str, float]) -> None:
    assert ask(query) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bad / on (version) reqs", {"version=v2": 0.5}),
        ("bad / reqs", {"ns=a,version=v2": 0.5}),
        ("bad / ignoring (ns) reqs", {"version=v2": 0.5}),
        ("reqs * 2 - 1", {"ns=a,version=v1": 439, "ns=a,version=v2": 119}),
        ("100 - sum(reqs)", {"": -180}),
        ("-gauge", {"version=v1": 5}),
        ("2 ^ 3 % 5", 3.0),
        ("-5 % 3", -2.0),
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("reqs > 100", {"__name__=reqs,ns=a,version=v1": 220}),
        ("100 < reqs", {"__name__=reqs,ns=a,version=v1": 220}),
        ("reqs > bool 100", {"ns=a,version=v1": 1, "ns=a,version=v2": 0}),
        ("1 >= bool 2", 0.0),
        ("bad <= reqs", {"__name__=bad,ns=a,version=v2": 30}),
        ("bad == on (version) reqs", {}),
        ("nothing or vector(0)", {"": 0}),
        ("bad or reqs", {"__name__=bad,ns=a,version=v2": 30, "__name__=reqs,ns=a,version=v1": 220}),
        ("bad or on (ns) reqs", {"__name__=bad,ns=a,version=v2": 30}),
        ("reqs and on (version) bad", {"__name__=reqs,ns=a,version=v2": 60}),
        ("reqs unless on (version) bad", {"__name__=reqs,ns=a,version=v1": 220}),
        ("(sum(rate(bad[30s])) or vector(0)) / sum(rate(reqs[30s]))", {"": pytest.approx(0.5 / 3)}),
    ],
)
def test_operators(query: str, expected: Any) -> None:
    assert ask(query) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.25, 50.0),  # rank 2.5 of 10 lies halfway in [0, 100], which holds 5
        (0.5, 100.0),
        (0.7, 300.0),  # rank 7 is the second of the four in (100, 500]
        (0.95, 500.0),  # beyond the last finite bound there is nothing to interpolate
        (2, math.inf),
        (-1, -math.inf),
    ],
)
def test_quantiles_of_histograms(share: float, expected: float) -> None:
    assert ask(f"histogram_quantile({share}, sum by (le) (rate(hist_bucket[30s])))") == {"": pytest.approx(expected)}


def test_a_histogram_without_observations_has_no_quantile() -> None:
    assert ask("histogram_quantile(0.5, hist_bucket * 0)") == pytest.approx({"": math.nan}, nan_ok=True)
    assert ask("histogram_quantile(0.5, reqs)") == {}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vector(7)", {"": 7}),
        ("scalar(bad)", 30.0),
        ("time()", NOW),
        ("abs(gauge)", {"version=v1": 5}),
        ("clamp_min(gauge, 0)", {"version=v1": 0}),
        ("clamp_max(bad, 10)", {"ns=a,version=v2": 10}),
        ('label_replace(bad, "v", "$1-x", "version", "v(.)")', {"__name__=bad,ns=a,v=2-x,version=v2": 30}),
        ('label_replace(bad, "ns", "", "version", ".*")', {"__name__=bad,version=v2": 30}),
        ('label_replace(bad, "v", "x", "version", "nomatch")', {"__name__=bad,ns=a,version=v2": 30}),
        ('label_replace(vector(1), "q", "${0}$$", "missing", "")', {"q=$": 1}),
        ('"text"', "text"),
        ("(((3)))", 3.0),
    ],
)
def test_functions(query: str, expected: Any) -> None:
    assert ask(query) == expected


def test_the_scalar_of_several_elements_is_nothing() -> None:
    assert math.isnan(ask("scalar(reqs)"))


def test_a_range_selector_gives_the_samples_themselves() -> None:
    (found,) = ask('bad{version="v2"}[3s]')
    assert isinstance(found, Range)
    assert list(zip(*found.points, strict=True)) == [(1058, 29), (1059, 29.5), (1060, 30)]


@pytest.mark.parametrize(
    ("query", "kind", "sentence"),
    [
        ("sum(", "bad_data", "parse error: "),
        ("rate(reqs)", "bad_data", "expected type matrix in call to function 'rate', got vector"),
        ("", "bad_data", "no expression found in input"),
        ('reqs{version=~"("}', "bad_data", ""),
        ("topk(1, reqs)", "execution", "the sandbox knows no aggregation topk, only sum, avg, max, min, count"),
        ("sqrt(reqs)", "execution", "the sandbox knows no function sqrt, only abs,"),
        ("reqs atan2 reqs", "execution", "the sandbox knows no operator atan2"),
        ("rate(reqs[1m:5s])", "execution", "the sandbox knows no subqueries"),
        ("reqs @ 5", "execution", "the sandbox knows no @ modifier"),
        ('{ns="a" or ns="b"}', "execution", "the sandbox knows no `or` between matchers"),
        ("bad * on (ns) group_right reqs", "execution", "the sandbox matches vectors one to one only"),
        ("reqs + on (ns) bad", "execution", 'found duplicate series for the match group {ns="a"} on the left hand-side'),
        ("bad + on (ns) reqs", "execution", 'found duplicate series for the match group {ns="a"} on the right hand-side'),
        ('label_replace(reqs, "version", "", "ns", ".*")', "execution", "vector cannot contain metrics with the same labelset"),
        ('label_replace(reqs, "1", "", "ns", ".*")', "execution", "invalid destination label name"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_sentence(query: str, kind: str, sentence: str) -> None:
    with pytest.raises(QueryError) as refused:
        ask(query)
    assert (refused.value.kind, sentence in str(refused.value)) == (kind, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e20, "100000000000000000000"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_are_spelled_as_prometheus_does(value: float, expected: str) -> None:
    assert printed(value) == expected
