"""What came of recordings that were played, in lines for people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from canary.cli.ages import span
from canary.errors import Invalid
from canary.offline.backtest import Backtest
from canary.offline.folder import Judged
from canary.offline.recording import plain
from canary.offline.story import Ending
from canary.offline.watching import clock, moment
from strategies.words import percent

_ENDED = {
    Ending.PROMOTED: "promoted",
    Ending.ROLLED_BACK: "rolled back",
    Ending.PAUSED: "paused",
    Ending.RUNNING: "still under way",
}
_CALENDAR = 1e8
"""Seconds from which on a time is a date and no longer what a stopwatch shows."""


def story_lines(name: str, backtest: Backtest, *, trace: bool = False) -> Iterator[str]:
    """The story of one recording: how it ended and why, each metric, and each change of mind where that is asked for."""
    story = backtest.story
    where = f"{_when(story.at)}, step {story.step}, {percent(story.weight)}"
    yield f"{name}  {story.verdict}  {_ENDED[story.ending]} {_after(story.at, backtest)} after the first traffic ({where})"
    yield f"  {story.reason}: {story.sentence}"
    for metric in story.metrics:
        if metric.verdict.sentence not in story.sentence:
            yield f"  {metric.verdict.metric}  {metric.verdict.verdict}  {metric.verdict.sentence}"
    if backtest.unused:
        yield f"  The rest of the recording, {span(timedelta(seconds=backtest.unused))}, was not looked at."
    if trace:
        yield from _trace(backtest)


def folder_rows(judged: Sequence[Judged]) -> list[list[str]]:
    """One row per recording, headings first."""
    return [["FILE", "VERDICT", "ENDING", "AFTER", "WHY"], *(_row(path.name, what) for path, what in judged)]


def summary(judged: Sequence[Judged]) -> str:
    """How many came to what: `1,000 recordings: 700 Pass, 300 Fail`."""
    found = Counter("not judged" if isinstance(what, Invalid) else what.story.verdict.value for _, what in judged)
    return f"{len(judged):,} recordings: {', '.join(f'{count:,} {verdict}' for verdict, count in found.most_common())}"


def _row(name: str, what: Backtest | Invalid) -> list[str]:
    if isinstance(what, Invalid):
        return [name, "", "not judged", "", what.sentence]
    story = what.story
    return [name, story.verdict, _ENDED[story.ending], _after(story.at, what), story.sentence]


def _trace(backtest: Backtest) -> Iterator[str]:
    for change in backtest.story.trace:
        who = change.metric or "plan"
        yield f"  {_after(change.at, backtest):>7}  {percent(change.weight):>5}  {who}: {change.what}. {change.sentence}"


def _after(time: datetime, backtest: Backtest) -> str:
    return span(time - moment(backtest.began))


def _when(time: datetime) -> str:
    seconds = clock(time)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if seconds >= _CALENDAR else f"t={plain(seconds)}"
