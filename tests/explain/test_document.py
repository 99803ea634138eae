import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from canary.explain.document import document
from canary.explain.tell import tell
from tests.explain.records import some_records


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    began_at: datetime
    lasted: timedelta
    weight: Decimal
    evidence: float
    by_name: dict[str, tuple[int, ...]]


def test_names_and_values_as_json_has_them():
    sample = Sample(
        began_at=datetime(2026, 11, 21, 14, tzinfo=UTC),
        lasted=timedelta(minutes=1.5),
        weight=Decimal("12.50"),
        evidence=math.inf,
        by_name={"a": (1, 2)},
    )
    assert document(sample) == {
        "beganAt": "2026-11-21T14:00:00Z",
        "lasted": 90.0,
        "weight": 12.5,
        "evidence": None,
        "byName": {"a": [1, 2]},
    }


def test_a_whole_story_is_json():
    story = json.loads(json.dumps(document(tell(some_records())), allow_nan=False))
    assert (story["outcome"], story["rescue"]["metric"], story["metrics"][0]["last"]["ratio"]) == (
        "RolledBack",
        "errors",
        "10x (4-21)",
    )
    assert story["weights"][1] == ["2026-11-21T14:00:04Z", 5]
