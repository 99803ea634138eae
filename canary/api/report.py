"""What a status is written from, beside the state: this moment's decision and what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canary.api.status_fields import CommandStatus, HistoryLine
from strategies.model import Decision, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One decision as it is to be shown.

    `generation` is the spec's that was read, `before` the status that stands now (conditions keep their times from it),
    `history` the rollouts that have ended, newest first, `command` the last one that was answered. `leader_epoch` None means that
    leadership is not fenced.
    """

    generation: int
    router: str
    observation: Observation
    decision: Decision
    before: Mapping[str, Any]
    history: tuple[HistoryLine, ...] = ()
    command: CommandStatus | None = None
    leader_epoch: int | None = None

    @property
    def now(self) -> datetime:
        """The moment of the decision."""
        return self.observation.now
