"""How many times stable's share of bad events the canary's is, in the few characters that a status has for it."""

from analysis.verdict import Ratio
from analysis.wording import number


def format_ratio(ratio: Ratio) -> str:
    """`15x (8-29)`: the estimate and its interval; `?x (3.1-)` where neither estimate nor upper end is known."""
    estimate = "?" if ratio.estimate is None else number(ratio.estimate)
    high = "" if ratio.high is None else number(ratio.high)
    return f"{estimate}x ({number(ratio.low)}-{high})"
