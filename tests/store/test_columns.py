from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect

from canary.store.columns import Instant, Percent, Word
from strategies.model import RunStatus

SQLITE = dialect()


@given(st.datetimes(timezones=st.timezones()).filter(lambda at: 2 <= at.year <= 9998))
def test_an_instant_comes_back_as_the_same_moment_in_utc(at):
    stored = Instant().process_bind_param(at, SQLITE)
    back = Instant().process_result_value(stored.replace(tzinfo=None), SQLITE)  # SQLite keeps no zone
    assert (at.astimezone(UTC), UTC) == (back, back.tzinfo)


def test_an_instant_from_a_session_in_another_zone_is_given_in_utc():
    there = datetime(2026, 11, 21, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    back = Instant().process_result_value(there, SQLITE)
    assert datetime(2026, 11, 21, 12, 0, tzinfo=UTC) == back
    assert back.tzinfo is UTC


def test_a_naive_datetime_is_refused():
    with pytest.raises(ValueError, match="2026-11-21T12:00:00 has no time zone"):
        Instant().process_bind_param(datetime(2026, 11, 21, 12, 0), SQLITE)  # noqa: DTZ001 - the subject


@given(st.decimals(min_value=0, max_value=100, places=3) | st.just(Decimal("1E+2")))
def test_a_weight_comes_back_exactly(weight):
    assert weight == Percent().process_result_value(Percent().process_bind_param(weight, SQLITE), SQLITE)


def test_a_word_outside_its_enumeration_is_refused():
    assert (
        Word(RunStatus).process_result_value(Word(RunStatus).process_bind_param("Running", SQLITE), SQLITE) == RunStatus.RUNNING
    )
    with pytest.raises(ValueError, match="'Sleeping' is not a valid RunStatus"):
        Word(RunStatus).process_bind_param("Sleeping", SQLITE)


@pytest.mark.parametrize("column", [Instant(), Percent(), Word(RunStatus)])
def test_nothing_stays_nothing(column):
    assert (column.process_bind_param(None, SQLITE), column.process_result_value(None, SQLITE)) == (None, None)
