"""A recording as the controller would have seen it, look by look."""

from datetime import timedelta

from analysis.reading import Counted, Trouble
from canary.offline.watching import clock, looks
from tests.offline.recordings import a_recording


def totals(recording, every=15) -> list[tuple]:
    seen = []
    for look in looks(recording, timedelta(seconds=every)):
        reading = look.readings["errors"]
        if not isinstance(reading, Counted):
            seen.append((clock(look.at), reading.trouble))
            continue
        events = [{key: value for key, value in side.items() if key[0] == "e"} for side in (reading.stable, reading.canary)]
        seen.append((clock(look.at), *events))
    return seen


def pod(name: str) -> str:
    return f"e{{pod='{name}'}}"


def test_each_look_sees_the_newest_scrape_and_nothing_of_the_future():
    recording = a_recording(
        "0,stable,a,errors,0,5",
        "10,canary,b,errors,0,1",
        "20,stable,a,errors,0,6",
        "30,canary,b,errors,0,2",
        "41,canary,b,errors,0,9",
    )
    assert totals(recording) == [
        (10, {pod("a"): 5}, {pod("b"): 1}),
        (25, {pod("a"): 6}, {pod("b"): 1}),
        (40, {pod("a"): 6}, {pod("b"): 2}),
    ]


def test_a_pod_that_is_not_scraped_gets_stale_and_is_gone_after_five_minutes():
    recording = a_recording("0,stable,a,errors,0,5", "0,canary,b,errors,0,1", "600,canary,b,errors,0,2")
    seen = totals(recording, every=100)
    assert seen == [
        (0, {pod("a"): 5}, {pod("b"): 1}),
        (100, {pod("a"): 5}, {pod("b"): 1}),
        (200, Trouble.STALE),
        (300, {}, {}),
        (400, {}, {}),
        (500, {}, {}),
        (600, {}, {pod("b"): 2}),
    ]


def test_bad_events_are_part_of_all_events():
    recording = a_recording("0,canary,b,errors,3,10")
    assert [look.readings["errors"].canary for look in looks(recording, timedelta(seconds=15))] == [
        {"e{pod='b'}": 10, "o{pod='b'}": 3}
    ]


def test_counters_without_a_pod_are_sums():
    recording = a_recording("0,canary,,errors,3,10")
    assert [look.readings["errors"].canary for look in looks(recording, timedelta(seconds=15))] == [{"e~{}": 10, "o~{}": 3}]


def test_fractions_of_a_second_are_kept():
    recording = a_recording("0.25,canary,b,errors,0,1", "1.25,canary,b,errors,0,2")
    assert [clock(look.at) for look in looks(recording, timedelta(seconds=1))] == [0.25, 1.25]
