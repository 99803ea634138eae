"""The demo's chapters: each delivers a version the way a user does, follows the rollout to its end, and counts who met an error."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analysis.scalars import format_duration
from canary.cli.ages import span
from canary.cli.following import Followed, following
from canary.cli.outcome import Code, Goal, judge
from canary.cli.playground import Playground, put
from canary.cli.reading import Reading, read
from canary.cli.screens import Screen
from canary.cli.wait import pinned
from canary.errors import TimedOut
from canary.k8s.port import Obj
from canary.sandbox.story import APEX, NAMESPACE, story
from canary.sandbox.traffic import Load
from strategies.model import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the story is told: each step's hold, requests per second, and how long one chapter may take at most."""

    hold: timedelta = timedelta(seconds=5)
    rps: float = 80.0
    longest: timedelta = timedelta(minutes=2)
    glance: timedelta = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A version that is delivered, and how that is to end."""

    title: str
    image: str
    env: Mapping[str, str]
    ending: Code


CHAPTERS = (
    Chapter(title="A good version", image="bookinfo/reviews:v2", env={"SANDBOX_LATENCY": "12ms"}, ending=Code.REACHED),
    Chapter(
        title="A bad version: 30 % of its answers are errors",
        image="bookinfo/reviews:v3",
        env={"SANDBOX_LATENCY": "12ms", "SANDBOX_ERRORS": "30%"},
        ending=Code.ROLLED_BACK,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a version. `took` is until it served everyone, or was out of traffic again."""

    chapter: Chapter
    ending: Code
    took: timedelta
    requests: int
    errors: int
    sentence: str

    @property
    def as_expected(self) -> bool:
        """Whether it ended as it should."""
        return self.ending is self.chapter.ending

    def __str__(self) -> str:
        verb = {Code.REACHED: "promoted", Code.ROLLED_BACK: "rolled back"}.get(self.ending, "not decided")
        version = self.chapter.image.rpartition("/")[2]
        share = f" ({self.errors / self.requests:.2%})" if self.errors else ""
        met = f"{self.errors} of {self.requests} requests met an error{share}"
        return f"{version} was {verb} after {span(self.took)}; {met}. {self.sentence}"


async def tell(place: Playground, screen: Screen, pace: Pace) -> tuple[Told, ...]:
    """All chapters, in order; the last lines say what came of each."""
    objects = story()
    await put(place.client, (paced(obj, pace) for obj in objects))
    load = await place.sandbox.load(APEX, NAMESPACE, pace.rps)
    told = []
    async with following(place.client, NAMESPACE, APEX) as followed:
        await _held(followed, pace)
        for chapter in CHAPTERS:
            screen.say(f"{chapter.title}: kubectl apply -f reviews.yaml, with image {chapter.image}")
            await put(place.client, [delivered(objects, chapter)])
            told.append(await _follow(chapter, place, followed, load, screen, pace))
    screen.close()
    for each in told:
        screen.say(str(each))
    return tuple(told)


def paced(obj: Obj, pace: Pace) -> Obj:
    """The story's Canary with holds of this length; any other object as it is."""
    if obj["kind"] != "Canary":
        return obj
    progressive: dict[str, Any] = obj["spec"]["strategy"]["progressive"]
    steps = [{**step, "hold": format_duration(pace.hold)} for step in progressive["steps"]]
    return {**obj, "spec": {**obj["spec"], "strategy": {"progressive": {**progressive, "steps": steps}}}}


def delivered(objects: tuple[Obj, ...], chapter: Chapter) -> Obj:
    """The Deployment's manifest as its team would change it: another image, other variables."""
    manifest = next(obj for obj in objects if obj["kind"] == "Deployment")
    template = manifest["spec"]["template"]
    env = [{"name": name, "value": value} for name, value in chapter.env.items()]
    container = {**template["spec"]["containers"][0], "image": chapter.image, "env": env}
    changed = {**template, "spec": {**template["spec"], "containers": [container]}}
    return {**manifest, "spec": {**manifest["spec"], "template": changed}}


async def _held(followed: Followed, pace: Pace) -> None:
    """Wait until the controller holds the Deployment: only then is a change a rollout of ours."""
    try:
        async with asyncio.timeout(pace.longest.total_seconds()):
            while followed.newest is None or read(followed.newest).status.stable.revision is None:
                await followed.changed()
    except TimeoutError:
        raise TimedOut(f"The controller did not take over Deployment {APEX} within {span(pace.longest)}.") from None


async def _follow(chapter: Chapter, place: Playground, followed: Followed, load: Load, screen: Screen, pace: Pace) -> Told:
    loop = asyncio.get_running_loop()
    began, requests, errors = loop.time(), load.totals.requests, load.totals.errors
    goal = await pinned(Goal(), place.client, followed)
    out_of_traffic: float | None = None
    while True:
        reading = _reading(followed)
        now = loop.time()
        screen.show(reading, load.totals, timedelta(seconds=now - began))
        if out_of_traffic is None and reading.status.phase is Phase.ROLLING_BACK:
            out_of_traffic = now
        outcome = judge(goal, reading)
        late = now - began > pace.longest.total_seconds()
        if outcome is not None or late:
            return Told(
                chapter=chapter,
                ending=outcome.code if outcome else Code.TIMEOUT,
                took=timedelta(seconds=(out_of_traffic or now) - began),
                requests=load.totals.requests - requests,
                errors=load.totals.errors - errors,
                sentence=outcome.sentence if outcome else reading.status.message,
            )
        await followed.changed(pace.glance.total_seconds())


def _reading(followed: Followed) -> Reading:
    assert followed.newest is not None, "nobody deletes the story's Canary"
    return read(followed.newest)
