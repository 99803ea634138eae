"""The group of all verbs: found by name, imported when they are run, and every error as one line.

Exit code 1 means an error, wrong usage included: 2 and above have a meaning of their own (see `canary wait`).
"""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from canary.cli.cluster import CLUSTER_OPTIONS
from canary.errors import CanaryError

_VERBS: Mapping[str, Mapping[str, str]] = {
    "Try it": {
        "demo": "Watch a good version be promoted and a bad one rolled back.",
        "sandbox": "A laptop without a cluster: API server, mesh, traffic, metrics.",
    },
    "Set up": {
        "install": "Print the manifests: CRD, rights, Deployment.",
        "controller": "Run the controller.",
        "lint": "Check manifests without a cluster.",
        "convert": "Flagger's and Argo Rollouts' resources as ours.",
        "apply": "Check Canaries and apply them.",
    },
    "Rehearse": {
        "rehearse": "Play a plan with made-up traffic: how long, and what would it catch?",
        "backtest": "Play recorded counters: what would the judge have said, and when?",
        "judge": "Judge a canary as Kayenta does, from its own files.",
    },
    "Look": {
        "list": "All Canaries, one line each.",
        "status": "One rollout: steps, weights, verdicts, what it waits for.",
        "wait": "Wait for an outcome; exit codes for pipelines.",
        "history": "How the last rollouts ended, and why.",
        "explain": "The story of one rollout: what happened, with the numbers.",
    },
    "Act": {
        "rollback": "Go back to the stable version, at once.",
        "promote": "Ship the new version now, whatever the steps say.",
        "advance": "Go on to the next step, approval included.",
        "pause": "Stay at this step.",
        "resume": "Go on after a pause.",
        "retry": "Try a rejected version, or this step's tests, again.",
    },
}
_MODULES = dict.fromkeys(_VERBS["Act"], "command")  # six verbs that differ in their name only
_INTERRUPTED = 130


class Root(click.Group):
    """Finds a verb in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [verb for verbs in _VERBS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"canary.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.VERBS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """From the table: help must not import every verb."""
        for heading, verbs in _VERBS.items():
            with formatter.section(heading):
                formatter.write_dl(list(verbs.items()), col_max=12)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run and exit: click's own way, but errors are one line and the codes are ours."""
        extra.pop("standalone_mode", None)
        try:
            code = super().main(args=args, prog_name=prog_name or "canary", standalone_mode=False, **extra)
        except click.ClickException as error:
            code = _told(error)
        except CanaryError as error:
            if os.environ.get("CANARY_DEBUG") == "1":
                raise
            code = _complain(error.sentence)
        except (KeyboardInterrupt, click.Abort):
            code = _INTERRUPTED
        except BrokenPipeError:  # `canary list | head`
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115,PTH123 - the interpreter flushes it when it ends
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


def _told(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message())
        return 0
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
    return _complain(error.format_message())


def _complain(sentence: str) -> int:
    click.echo(f"canary: {sentence}", err=True)
    return 1


@click.group("canary", cls=Root, params=list(CLUSTER_OPTIONS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="canary-delivery", prog_name="canary", message="%(prog)s %(version)s")
def cli() -> None:
    """Canary: a new version gets a small share of real traffic, is judged, and is promoted or rolled back."""
