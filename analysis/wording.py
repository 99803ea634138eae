"""How numbers and metrics read in a sentence for people."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from analysis.plan import Builtin, BuiltinMeasure, CountsMeasure, Measure, ValueMeasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a share is put in words: `canary <does> 3.1 % of 1,204 <events>`."""

    does: str
    events: str
    noted: str = ""


@lru_cache(maxsize=256)
def wording_of(measure: Measure, slow: str | None) -> Wording | None:
    """The words for a metric; None for values, which are shown as they are.

    `slow` is the histogram bound that is counted with; where it is not the one that was asked for, the words say so.
    """
    match measure:
        case BuiltinMeasure(builtin=Builtin.ERROR_SHARE):
            return Wording(does="fails", events="requests")
        case BuiltinMeasure(builtin=Builtin.SLOW_SHARE, above=above):
            asked = seconds(_exact(above or timedelta()))
            noted = "" if slow in (None, asked) else f"{asked} was asked for and {slow} is the next bucket"
            return Wording(does=f"is slower than {slow or asked} in", events="requests", noted=noted)
        case CountsMeasure():
            return Wording(does="goes wrong in", events="events")
        case ValueMeasure():
            return None
    raise AssertionError(measure)


@lru_cache(maxsize=1024)
def share(bad: float, total: float) -> str:
    """`3.1 % of 1,204`, or `-` where there were no events."""
    return f"{percent(bad / total)} of {total:,.0f}" if total > 0 else "-"


def percent(part: float) -> str:
    """A share of one as a percentage with two significant digits, three from 10 % on."""
    value = part * 100
    return f"{value:.3g} %" if value >= 10 else f"{Decimal(f'{value:.2g}'):f} %"


def number(value: float) -> str:
    """Evidence and ratios: whole from ten on, else two significant digits, capped where more means no more."""
    if value >= 1e6:
        return "over 1,000,000"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def seconds(amount: Decimal) -> str:
    """A time as people write it: `500 ms`, `1.5 s`."""
    if amount < 1:
        return f"{(amount * 1000).normalize():f} ms"
    return f"{amount.normalize():f} s"


def duration(time: timedelta) -> str:
    """`90 s`, `5 min`, `2 h`: the largest unit that leaves a whole number."""
    whole = round(time.total_seconds())
    for size, unit in ((3600, "h"), (60, "min")):
        if whole and whole % size == 0:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def _exact(time: timedelta) -> Decimal:
    return Decimal(time // timedelta(microseconds=1)) / 1_000_000
