"""`canary explain` with a database, without one, and without a cluster."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from canary.cli.root import cli
from canary.controller.revisions import revision_of
from canary.explain.author import Author, author_of
from canary.k8s.client import connect
from canary.k8s.resources import DEPLOYMENT
from canary.store.engine import open_store
from canary.store.evidence import Evidence
from canary.store.journal import Journal
from tests.cli.plane import Plane
from tests.cli.states import rolled_back
from tests.explain.records import a_rollout, some_records

TEMPLATE = {"metadata": {"labels": {"app": "reviews"}}, "spec": {"containers": [{"name": "reviews", "image": "reviews:v1"}]}}


async def write(folder: Path, prefix: str) -> None:
    store = await open_store(None, folder)
    Journal(store).rollout(a_rollout(id=f"{prefix}-3"))
    Evidence(store).save([], [_of(look, f"{prefix}-3") for look in some_records().measurements])
    await store.close(timedelta(seconds=5))


def _of(look, rollout: str):
    return replace(look, rollout_id=rollout)


@pytest.fixture
def state(plane: Plane, tmp_path: Path) -> Path:
    """A state directory that knows a rollout of this very Canary."""
    asyncio.run(write(tmp_path, plane.canary()["metadata"]["uid"][:8]))
    return tmp_path


def test_the_story_from_the_database(plane: Plane, state: Path) -> None:
    told = plane.run("explain", "reviews", "--state-dir", str(state))
    assert told.stdout.startswith("reviews in bookinfo: rollout 3 was rolled back after 1m40s\nCanary fails 10 % of 100 requests")
    assert "price  errors: 100 requests served by the canary, 10 of them bad, 9 more than at stable's share" in told.stdout
    assert "━" not in told.stdout


def test_as_a_document_and_as_a_picture(plane: Plane, state: Path, tmp_path: Path) -> None:
    image = tmp_path / "why.svg"
    told = plane.run("explain", "reviews", "--state-dir", str(state), "-o", "json", "--image", str(image), "--rollout", "3")
    assert json.loads(told.stdout)["metrics"][0]["last"]["verdict"] == "Fail"
    assert "errors: evidence against the canary" in image.read_text()


def test_a_plot_where_there_is_no_terminal(plane: Plane, state: Path) -> None:
    assert (
        "errors: share of bad events  ━ stable  ━ canary"
        in plane.run("explain", "reviews", "--state-dir", str(state), "--plot").stdout
    )


def test_without_a_database_the_status_tells_what_it_knows_and_what_is_missing(plane: Plane, tmp_path: Path) -> None:
    plane.status(rolled_back())
    told = plane.run("explain", "reviews", "--state-dir", str(tmp_path / "none"))
    assert told.exit_code == 0
    assert told.stdout.startswith("reviews in bookinfo: rollout 3 was rolled back after 2m\nCanary fails 30 % of 52 requests")
    assert f"There is no database at {tmp_path / 'none'}: steps, measurements, tests" in told.stdout
    assert "or name its database with --database." in told.stdout
    assert not (tmp_path / "none").exists()


def test_the_database_of_another_cluster_is_not_taken_for_ours(plane: Plane, tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, "ffffffff"))
    plane.status(rolled_back())
    assert "knows nothing of it" in plane.run("explain", "reviews", "--state-dir", str(tmp_path)).stdout


def test_the_database_outlives_the_cluster(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, "0a1b2c3d"))
    arguments = ["--kubeconfig", str(tmp_path / "gone"), "-n", "bookinfo", "explain", "reviews", "--state-dir", str(tmp_path)]
    told = CliRunner().invoke(cli, arguments)
    assert (told.exit_code, told.stdout.partition("\n")[0]) == (0, "reviews in bookinfo: rollout 3 was rolled back after 1m40s")


def test_a_rollout_that_nobody_knows(plane: Plane, state: Path) -> None:
    told = plane.run("explain", "reviews", "--rollout", "9", "--state-dir", str(state))
    assert told.exit_code == 1
    assert told.stderr.startswith(
        "canary: No rollout 9 of reviews is known: `canary history reviews` lists the last ones. The database"
    )


def test_a_canary_that_is_not_there(plane: Plane, state: Path) -> None:
    told = plane.run("explain", "nobody", "--state-dir", str(state))
    assert (told.exit_code, told.stderr) == (1, "canary: Canary bookinfo/nobody does not exist.\n")


def test_other_pictures_than_svg_are_refused(plane: Plane, state: Path) -> None:
    told = plane.run("explain", "reviews", "--state-dir", str(state), "--image", "why.png")
    assert (told.exit_code, told.stderr) == (1, "canary: --image why.png: only SVG is drawn; name a file that ends in .svg.\n")


def test_who_changed_the_template(plane: Plane) -> None:
    async def ask() -> Author | None:
        async with await connect(str(plane.kubeconfig)) as client:
            return await author_of(client, plane.canary())

    async def deploy() -> None:
        async with await connect(str(plane.kubeconfig), manager="helm") as client:
            metadata = {"name": "reviews", "namespace": "bookinfo", "annotations": {"kubernetes.io/change-cause": "CVE-1"}}
            spec = {"selector": {"matchLabels": TEMPLATE["metadata"]["labels"]}, "template": TEMPLATE}
            await client.apply(DEPLOYMENT, {"metadata": metadata, "spec": spec})

    assert asyncio.run(ask()) is None
    asyncio.run(deploy())
    author = asyncio.run(ask())
    assert author is not None
    assert re.fullmatch(r'applied with helm at \S+Z, change cause "CVE-1"', author.of(revision_of(plane.template())) or "")
    assert author.of("another") is None
