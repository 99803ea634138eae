"""The steps of a Rollout as rungs of our ladder: each weight with how long it holds, and whether a person must approve."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from canary.convert.fields import Fields
from canary.convert.words import span, spell

_FIRST = "Before the first weight there is nothing to wait for: a hook beforeRollout can hold it, or a first weight of 1."
_NO_STEP = {
    "experiment": "Run a second Canary for it, or tests of a step.",
    "setHeaderRoute": "Traffic is split by weight only.",
    "setMirrorRoute": "Traffic is split by weight only.",
    "plugin": "There are no plugins: a hook beforeStep calls what it did.",
}


class Ladder:
    """Collects rungs; `analysis` reads the templates of a step and says how long they take."""

    def __init__(self, analysis: Callable[[Fields], timedelta]) -> None:
        self._analysis = analysis
        self._rungs: list[tuple[float, timedelta, bool]] = []
        self.scale: str | int | None = None

    def read(self, canary: Fields) -> None:
        """All steps of `strategy.canary`."""
        for step in canary.each("steps"):
            self._step(step)

    def steps(self) -> list[dict[str, Any]]:
        """As ours are written."""
        return list(self._written())

    def _written(self) -> Iterator[dict[str, Any]]:
        for weight, hold, approval in self._rungs:
            plain = int(weight) if weight == int(weight) else weight
            yield {"weight": plain, "hold": spell(hold), **({"approval": True} if approval else {})}

    def _step(self, step: Fields) -> None:
        if (weight := step.number("setWeight")) is not None:
            self._weight(step, weight)
        if "pause" in step:
            self._pause(step)
        if "analysis" in step:
            self._hold(step, self._analysis(step.within("analysis")))
        if "setCanaryScale" in step:
            self._scale(step.within("setCanaryScale"))
        for name, instead in _NO_STEP.items():
            step.left_out(instead, name)

    def _weight(self, step: Fields, weight: float) -> None:
        last = self._rungs[-1][0] if self._rungs else 0
        if weight == 0 and not self._rungs:
            step.notes.not_needed(step.at("setWeight"), "Every rollout begins with weight 0.")
        elif weight > last:
            self._rungs.append((weight, timedelta(0), False))
        elif weight < last:
            step.notes.left_out(step.at("setWeight"), f"Weights only rise here: it stays at {last:g} %.")

    def _pause(self, step: Fields) -> None:
        pause = step.within("pause")
        duration = pause.text("duration")
        if not self._rungs:
            step.notes.left_out(step.at("pause"), _FIRST)
        elif duration:
            seconds = f"{duration}s" if duration.isdigit() else duration
            self._hold(step, span(seconds, f"{step.notes.about}: {pause.at('duration')}"))
        else:
            weight, hold, _ = self._rungs[-1]
            self._rungs[-1] = (weight, hold, True)

    def _hold(self, step: Fields, longer: timedelta) -> None:
        if not self._rungs:
            step.notes.left_out(step.path, _FIRST)
            return
        weight, hold, approval = self._rungs[-1]
        self._rungs[-1] = (weight, hold + longer, approval)

    def _scale(self, scale: Fields) -> None:
        replicas, percent = scale.number("replicas"), scale.number("weight")
        wanted: str | int | None = int(replicas) if replicas else f"{percent:g}%" if percent else None
        scale.take("matchTrafficWeight")
        if wanted is None:
            return
        if self.scale is None and not any(hold or approval for _, hold, approval in self._rungs):
            self.scale = wanted
        else:
            scale.notes.left_out(scale.path, f"The size is one for all steps: scale.canary, which is {self.scale or 'match'}.")
