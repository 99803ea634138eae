"""The demo's chapters: each delivers a version as a user does, follows it to its end, and counts who met an error."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analysis.scalars import format_duration
from canary.cli.ages import span
from canary.cli.following import Followed, following
from canary.cli.outcome import Code, Goal, Outcome, judge
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
    told = []
    async with following(place.client, NAMESPACE, APEX) as followed:
        await _held(followed, pace)
        load = await place.sandbox.load(APEX, NAMESPACE, pace.rps)
        teller = Teller(place=place, followed=followed, load=load, screen=screen, pace=pace)
        for chapter in CHAPTERS:
            screen.say(f"{chapter.title}: kubectl apply -f reviews.yaml, with image {chapter.image}")
            await put(place.client, [delivered(objects, chapter)])
            told.append(await teller.follow(chapter))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Follows one chapter after the other."""

    place: Playground
    followed: Followed
    load: Load
    screen: Screen
    pace: Pace

    async def follow(self, chapter: Chapter) -> Told:
        """Show the rollout until it has ended, or until its chapter has taken too long."""
        loop, totals = asyncio.get_running_loop(), self.load.totals
        began, requests, errors = loop.time(), totals.requests, totals.errors
        goal = await pinned(Goal(), self.place.client, self.followed)
        decided: float | None = None
        while True:
            reading, now = _reading(self.followed), loop.time()
            self.screen.show(reading, totals, timedelta(seconds=now - began))
            if decided is None and reading.status.phase is Phase.ROLLING_BACK:
                decided = now
            outcome = judge(goal, reading)
            if outcome is None and now - began > self.pace.longest.total_seconds():
                outcome = Outcome(code=Code.TIMEOUT, sentence=f"It has not ended by then: {reading.status.message}")
            if outcome is not None:
                return Told(
                    chapter=chapter,
                    ending=outcome.code,
                    took=timedelta(seconds=(decided or now) - began),
                    requests=totals.requests - requests,
                    errors=totals.errors - errors,
                    sentence=outcome.sentence,
                )
            await self.followed.changed(self.pace.glance.total_seconds())


def _reading(followed: Followed) -> Reading:
    assert followed.newest is not None, "nobody deletes the story's Canary"
    return read(followed.newest)
