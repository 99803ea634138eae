"""A recording judged as if it were happening now: by the metrics that it holds, from the canary's first traffic to its end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.plan import ValueMeasure
from canary.errors import Invalid
from canary.offline.course import Course
from canary.offline.play import Look, play
from canary.offline.recording import Recording, plain, read_recording
from canary.offline.report import told
from canary.offline.story import Story
from canary.offline.watching import clock, looks, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came of a recording. `began` and `ended` are seconds of its clock; `notes` say what a reader must know."""

    story: Story
    began: float
    ended: float
    notes: tuple[str, ...] = ()

    @property
    def unused(self) -> float:
        """Seconds of the recording after the rollout was over, which were not looked at."""
        return max(0.0, self.ended - clock(self.story.at))

    def told(self, *, trace: bool = False) -> dict[str, Any]:
        """Plain JSON."""
        document = told(self.story, trace=trace)
        return document | {"began": plain(self.began), "unused": plain(round(self.unused, 6)), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtester:
    """Judges files by one course; `until_end` holds the last step until a recording's end."""

    course: Course
    until_end: bool = False

    def judge_file(self, path: Path) -> Backtest:
        """Raises Invalid for what can't be read or judged."""
        return self.judge(read_recording(path))

    def judge(self, recording: Recording) -> Backtest:
        """Raises Invalid for metrics that the course can't judge."""
        self._check(recording)
        course = self.course.only(recording.metrics)
        found = self.play(course, looks(recording, course.interval), moment(recording.begins), moment(recording.last))
        return replace(found, notes=(*self._absent(recording), *found.notes))

    def play(self, course: Course, seen: Iterable[Look], begins: datetime, ends: datetime) -> Backtest:
        """Plays looks, of which the first is at `begins`."""
        story = play(course, seen, begins, ends=ends, until=ends if self.until_end else None)
        taken = (f"Taken as passed: {', '.join(course.taken)}.",) if course.taken else ()
        return Backtest(story=story, began=clock(begins), ended=clock(ends), notes=taken)

    def _check(self, recording: Recording) -> None:
        known = {metric.name: metric for metric in self.course.metrics}
        for name in recording.metrics:
            metric = known.get(name)
            if metric is None:
                listed = ", ".join(known) or "none"
                raise Invalid(
                    f'{recording.name}, column metric: the Canary judges no metric "{name}" (it judges {listed}): '
                    "rename it, or remove its rows."
                )
            if isinstance(metric.measure, ValueMeasure):
                raise Invalid(f"{recording.name}, column metric: {name} is a value and has no events to count: remove its rows.")

    def _absent(self, recording: Recording) -> Iterator[str]:
        absent = [metric.name for metric in self.course.metrics if metric.name not in recording.metrics]
        if absent:
            yield f"Not in the recording, so not judged: {', '.join(absent)}."
