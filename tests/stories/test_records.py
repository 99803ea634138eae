"""What stands in the database once a rollout has ended."""

from pathlib import Path

import pytest

from canary.explain.database import Which, open_archive
from canary.store.journal import RolloutRecord
from tests.stories.cluster import cluster
from tests.stories.manifests import example, hurried
from tests.stories.story import Story

FOLDER = "01-progressive-smi"


async def record(folder: Path) -> RolloutRecord:
    archive = open_archive(None, folder / "state")
    assert archive is not None
    async with archive:
        records = await archive.find(Which(namespace="bookinfo", canary="reviews"))
    assert records is not None
    return records.rollout


@pytest.mark.parametrize(
    ("version", "outcome", "bad"), [("reviews-v2", "Promoted", False), ("reviews-v3-errors", "RolledBack", True)]
)
async def test_the_row_of_a_rollout_says_what_it_was_tried_against_and_what_it_served(
    tmp_path: Path, version: str, outcome: str, bad: bool
) -> None:
    async with cluster(tmp_path) as place:
        story = Story(cluster=place, namespace="bookinfo", name="reviews")
        await story.begin([*example(f"{FOLDER}/reviews-v1.yaml"), *hurried(example(f"{FOLDER}/canary.yaml"))], rps=150)
        before = story.status.stable.revision
        await story.apply(*example(f"{FOLDER}/{version}.yaml"))
        await story.ended()
        tried = story.status.history[0].revision
    row = await record(tmp_path)
    assert (row.outcome, row.revision, row.stable_revision) == (outcome, tried, before)
    assert (row.requests > 0, row.bad_requests > 0) == (True, bad)
    assert row.bad_requests <= row.requests
