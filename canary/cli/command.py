"""`canary rollback`, `promote`, `advance`, `pause`, `resume`, `retry`: a person's word, and the controller's answer to it."""

import asyncio
import uuid
from datetime import timedelta

import click

from canary.api.command import format_command
from canary.api.status_fields import CommandStatus
from canary.cli.cluster import Cluster, connected, on_cluster
from canary.cli.following import Followed, following
from canary.cli.identity import whoami
from canary.cli.reading import Reading, read
from canary.cli.spans import DURATION
from canary.errors import Conflict, NotFound, Refused
from canary.k8s.client import Client
from canary.k8s.names import COMMAND_ANNOTATION
from canary.k8s.port import Obj
from canary.k8s.resources import CANARY
from strategies.model import Command, Verb

_TEXTS = {
    Verb.ROLLBACK: "Go back to the stable version, at once: weight 0 is the first thing that is written.",
    Verb.PROMOTE: "Ship the new version now, whatever the steps say.",
    Verb.ADVANCE: "Go on to the next step, approval included.",
    Verb.PAUSE: "Stay at this step until `canary resume`.",
    Verb.RESUME: "Go on after a pause.",
    Verb.RETRY: "Try a rejected version again, or run this step's tests and hooks again.",
}


def _verb(verb: Verb) -> click.Command:
    @click.command(str(verb), help=_TEXTS[verb])
    @click.argument("name")
    @click.option("--reason", metavar="TEXT", default="", help="Why; it stands in the journal.")
    @click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the controller's answer.")
    @click.option("--timeout", type=DURATION, default="10s", show_default=True, metavar="DURATION", help="How long.")
    @on_cluster
    def command(cluster: Cluster, name: str, reason: str, wait: bool, timeout: timedelta) -> None:
        said = Command(verb=verb, id=uuid.uuid4().hex[:12], who=whoami(cluster), why=reason)
        asyncio.run(_say(cluster, name, said, timeout if wait else None))

    return command


async def _say(cluster: Cluster, name: str, said: Command, patience: timedelta | None) -> None:
    async with connected(cluster) as (client, namespace):
        await send(client, namespace, name, said)
        if patience is None:
            click.echo(f"{said.verb} of {name} is asked for.")
            return
        try:
            async with asyncio.timeout(patience.total_seconds()), following(client, namespace, name) as followed:
                reading = await answered(followed, said)
        except TimeoutError:
            seconds = patience.total_seconds()
            raise Refused(f"No answer within {seconds:g} s: the command stands, but is a controller running?") from None
    report(reading, said)


async def send(client: Client, namespace: str, name: str, said: Command) -> None:
    """Put the command on the Canary. A rollback overtakes what still stands there; any other command refuses to."""
    metadata: Obj = {"annotations": {COMMAND_ANNOTATION: format_command(said)}}
    if said.verb is not Verb.ROLLBACK:
        before = read_version(await client.get(CANARY, name, namespace=namespace))
        metadata["resourceVersion"] = before
    try:
        await client.merge_patch(CANARY, name, {"metadata": metadata}, namespace=namespace)
    except Conflict:
        await send(client, namespace, name, said)


def read_version(canary: Obj) -> str:
    """The version that was looked at; raises Refused while another command waits for its answer."""
    if waiting := (canary["metadata"].get("annotations") or {}).get(COMMAND_ANNOTATION):
        raise Refused(f"Another command still waits for its answer ({waiting}): try again once it is gone.")
    return str(canary["metadata"]["resourceVersion"])


async def answered(followed: Followed, said: Command) -> Reading:
    """The first reading in which the controller has dealt with the command. Raises NotFound when the Canary goes."""
    while True:
        if followed.newest is None:
            raise NotFound("The Canary was deleted.")
        reading = read(followed.newest)
        if answer_to(reading, said) is not None:
            return reading
        await followed.changed()


def answer_to(reading: Reading, said: Command) -> CommandStatus | None:
    """The controller's answer; None as long as there is none."""
    command = reading.status.command
    return command if command is not None and command.id == said.id else None


def report(reading: Reading, said: Command) -> None:
    """Say what became of it; raises Refused for a no."""
    answer = answer_to(reading, said)
    if answer is not None and not answer.accepted:
        raise Refused(answer.message)
    click.echo(f"{reading.name}  {reading.status.phase}  {reading.status.message}")


VERBS = {str(verb): _verb(verb) for verb in Verb}
