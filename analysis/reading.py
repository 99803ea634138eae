"""One look at one metric: raw counters, or a number, or the reason why there is neither.

The states of missing data are told apart here; each is `NoData` or `Error` and none is ever a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from analysis.verdict import Verdict

MAX_SERIES = 5_000
"""More series than this for one metric of one canary are refused: state is kept for each of them."""


class Trouble(StrEnum):
    """Why a look gave nothing to judge."""

    NO_REQUEST = "NoRequest"
    EMPTY = "Empty"
    NAN = "NaN"
    STALE = "Stale"
    NO_BASELINE = "NoBaseline"
    VANISHED = "Vanished"
    SEVERAL_SERIES = "SeveralSeries"
    TOO_MANY_SERIES = "TooManySeries"
    DUPLICATE_SERIES = "DuplicateSeries"
    NOT_A_NUMBER = "NotANumber"
    NOT_A_COUNTER = "NotACounter"
    NO_BUCKET = "NoBucket"
    BAD_TEMPLATE = "BadTemplate"
    QUERY_ERROR = "QueryError"
    TIMEOUT = "Timeout"


_NO_DATA = frozenset({Trouble.NO_REQUEST, Trouble.EMPTY, Trouble.NAN, Trouble.STALE, Trouble.NO_BASELINE, Trouble.VANISHED})


@dataclass(frozen=True, slots=True)
class Problem:
    """A look that gave nothing to judge, and the sentence that says why."""

    trouble: Trouble
    sentence: str

    @property
    def verdict(self) -> Verdict:
        """`NoData` where there is nothing yet, `Error` where something has to be mended."""
        return Verdict.NO_DATA if self.trouble in _NO_DATA else Verdict.ERROR


Samples = Mapping[str, float]
"""Raw counter values by series key, see `counts.series_key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Raw counters of both versions.

    `sought` says in words what was looked for. `slow` is the histogram bound that tells slow from fast, None where no
    histogram is read or none was found.
    """

    stable: Samples
    canary: Samples
    sought: str
    slow: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One number per version; stable's is only shown, and is None where there is none."""

    canary: float
    stable: float | None = None


Reading = Counted | Measured | Problem
