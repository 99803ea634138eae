from canary.explain.pictures import chart, small_chart
from canary.explain.tell import tell
from canary.plots.chart import Mark
from tests.explain.records import a_look, a_rollout, some_records


def test_weight_shares_and_evidence():
    drawn = chart(tell(some_records()))
    assert [panel.title for panel in drawn.panels] == [
        "Share of traffic",
        "errors: share of bad events",
        "errors: evidence against the canary",
    ]
    assert drawn.marks == (Mark(at=55, label="first bad sign"), Mark(at=70, label="weight 0"))


def test_a_share_is_of_what_came_lately():
    looks = tuple(a_look(seconds, bad, 10 * seconds) for seconds, bad in ((10, 0), (20, 0), (30, 0), (40, 0), (50, 50), (60, 50)))
    canary = chart(tell(some_records(measurements=looks))).panels[1].lines[1]
    assert canary.points[:6] == ((10, 0), (20, 0), (30, 0), (40, 0), (50, 12.5), (60, 12.5))


def test_a_small_chart_has_no_evidence():
    titles = [panel.title for panel in small_chart(tell(some_records())).panels]
    assert titles == ["Share of traffic", "errors: share of bad events"]


def test_where_nothing_was_measured_nothing_is_drawn():
    empty = chart(tell(some_records(rollout=a_rollout(plan={}), said=(), measurements=())))
    assert (empty.panels, empty.marks) == ((), ())
