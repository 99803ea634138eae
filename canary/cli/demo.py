"""`canary demo`: the story in one terminal: a good version is promoted, then a bad one is rolled back, under live traffic."""

import asyncio
import sys

import click
from rich.console import Console

from canary.cli.controller import stopped_by_signal
from canary.cli.playground import playground
from canary.cli.sandbox import instructions
from canary.cli.screens import LiveScreen, PlainScreen, Screen
from canary.cli.tale import Pace, Told, tell
from canary.logs import LogFormat, LogLevel, configure_logs


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave it running afterwards, for kubectl and curl.")
def demo_verb(keep: bool) -> None:
    """Watch a good version be promoted and a bad one rolled back: no cluster needed, about a minute."""
    configure_logs(LogFormat.CONSOLE, LogLevel.ERROR)
    screen: Screen = LiveScreen(Console()) if sys.stdout.isatty() else PlainScreen(click.echo)
    told = asyncio.run(demo(screen, Pace(), keep=keep))
    raise click.exceptions.Exit(0 if all(each.as_expected for each in told) else 1)


async def demo(screen: Screen, pace: Pace, *, keep: bool = False) -> tuple[Told, ...]:
    """Tell the whole story on a sandbox of its own; what came of each version, in order."""
    screen.say("Starts a sandbox (API server, mesh, three pods of reviews:v1) and a controller.")
    async with playground() as place:
        try:
            told = await tell(place, screen, pace)
        finally:
            screen.close()
        if keep:
            for line in instructions(place):
                screen.say(line)
            await stopped_by_signal().wait()
    return told


VERBS = {"demo": demo_verb}
