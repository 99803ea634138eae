"""What a judge answers."""

from dataclasses import dataclass

from analysis.verdict import Ratio, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A judge's verdict. `evidence`, `bound` and `ratio` are None for judges that have no such number."""

    verdict: Verdict
    sentence: str
    evidence: float | None = None
    bound: float | None = None
    ratio: Ratio | None = None
