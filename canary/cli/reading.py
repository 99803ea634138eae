"""One Canary as people look at it: identity, and the status that its controller has written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from canary.api.moments import parse_moment
from canary.api.status_fields import CanaryStatus, StepStatus
from canary.errors import Invalid
from canary.k8s.names import COMMAND_ANNOTATION
from strategies.model import RESTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`current`: the status speaks of the present spec. `pending`: a command stands there that nobody has answered yet."""

    namespace: str
    name: str
    created: datetime
    current: bool
    pending: bool
    deleted: bool
    status: CanaryStatus

    @property
    def seen(self) -> bool:
        """Whether any controller has ever looked at it."""
        return self.status.observed_generation > 0

    @property
    def resting(self) -> bool:
        """Nothing is under way."""
        return self.status.phase in RESTING

    @property
    def stalled(self) -> bool:
        """Nothing will move until a person helps."""
        return any(condition.type == "Stalled" and condition.status == "True" for condition in self.status.conditions)

    @property
    def step(self) -> StepStatus | None:
        """The step that the rollout stands on; None while it is prepared, and at rest."""
        rollout = self.status.rollout
        return rollout.plan.steps[rollout.step - 1] if rollout and 0 < rollout.step <= len(rollout.plan.steps) else None


def read(obj: Mapping[str, Any]) -> Reading:
    """Raises Invalid when something else than a controller of ours has written the status."""
    metadata = obj["metadata"]
    try:
        status = CanaryStatus.model_validate(obj.get("status") or {})
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise Invalid(f"The status of Canary {metadata['name']} can't be read (status.{place}): is this canary older?") from None
    return Reading(
        namespace=metadata.get("namespace", "default"),
        name=metadata["name"],
        created=_moment(metadata.get("creationTimestamp")),
        current=status.observed_generation >= metadata.get("generation", 0),
        pending=COMMAND_ANNOTATION in (metadata.get("annotations") or {}),
        deleted="deletionTimestamp" in metadata,
        status=status,
    )


def _moment(text: str | None) -> datetime:
    return parse_moment(text) if text else datetime.fromtimestamp(0, UTC)
