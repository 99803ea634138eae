"""How long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from analysis.providers.pauses import pause_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("30", timedelta(seconds=30)),
        (" 0 ", timedelta(0)),
        ("Mon, 02 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 40, None),
        ("٣", None),
        ("", None),
    ],
)
def test_pauses(header, pause):
    assert pause == pause_of(header, NOW)
