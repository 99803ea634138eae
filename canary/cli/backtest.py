"""`canary backtest`: what would the judge have said, and when? Recorded counters, played through the plan of a Canary."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from canary.api.v1alpha1 import Canary
    from canary.cli.outcome import Code
    from canary.offline.backtest import Backtest, Backtester
    from canary.offline.course import Course
    from canary.offline.folder import Judged
    from canary.offline.story import Ending

_EPILOG = """\
\b
Exit codes: 0 it would have been promoted, 1 error, 2 rolled back, 3 paused,
4 the recording ends before the plan does. For a folder 0, or 1 when a recording
in it can't be read.
"""

_DEFAULT = '{"target": {"deployment": "any"}, "service": {"name": "any", "port": 80}, "traffic": {"router": "smi"}}'


@click.command(epilog=_EPILOG)
@click.option("-f", "--filename", "source", metavar="FILE", help="The Canary, - for standard input. By default the default plan.")
@click.option(
    "--counters",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="A recording (.csv, .csv.gz), or a folder of them.",
)
@click.option("--until-end", is_flag=True, help="Hold the last step until the recording ends: would it ever have failed?")
@click.option("--trace", is_flag=True, help="Also each change of mind.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form.")
def backtest(*, source: str | None, counters: Path, until_end: bool, trace: bool, output: str | None) -> None:
    """Play recorded counters through the controller's own judge and plan.

    A recording has the columns t,version,pod,metric,bad,total: seconds, `stable` or `canary`, the pod, the metric's name in the
    Canary (errors and slow by default), and cumulative counters as they were scraped. Gaps and resets may stay in. The plan
    begins with the canary's first traffic; pods are ready at once, and tests, hooks and approvals are taken as passed.

    \b
    canary backtest --counters incident.csv
    canary backtest -f canary.yaml --counters incidents/ -o json
    canary backtest -f canary.yaml --counters incident.csv --until-end --trace
    """
    from canary.offline.backtest import Backtester

    tester = Backtester(course=_course(source), until_end=until_end)
    if counters.is_dir():
        raise click.exceptions.Exit(_folder(tester, counters, trace=trace, output=output))
    found = tester.judge_file(counters)
    _show(str(counters), found, trace=trace, output=output)
    raise click.exceptions.Exit(_code(found.story.ending))


def _course(source: str | None) -> "Course":
    """The course of the one Canary in a file. Raises Invalid, or shows every fault and exits."""
    from canary.api.v1alpha1 import CanarySpec
    from canary.offline.course import course_of

    spec = CanarySpec.model_validate_json(_DEFAULT) if source is None else _canary(source).spec
    return course_of(spec)


def _canary(source: str) -> "Canary":
    from canary.cli.checks import check, fault_lines
    from canary.cli.manifests import read_manifests

    checked = [check(manifest) for manifest in read_manifests((source,)) if manifest.is_canary]
    for line in fault_lines(checked):
        click.echo(line, err=True)
    found = [each.canary for each in checked if each.canary is not None]
    if len(found) != len(checked):
        raise click.exceptions.Exit(1)
    if len(found) != 1:
        raise click.ClickException(f"{source} holds {len(found)} Canaries: give a file that holds the one that is meant.")
    return found[0]


def _folder(tester: "Backtester", folder: Path, *, trace: bool, output: str | None) -> int:
    from canary.cli.backtested import folder_rows, summary
    from canary.cli.columns import columns, terminal_width
    from canary.cli.documents import Form, render
    from canary.errors import Invalid
    from canary.offline.folder import judge_all, recordings

    paths = recordings(folder)
    judged = list(_counted(judge_all(tester, paths), len(paths)))
    if output is not None:
        documents = [
            {"file": path.name} | ({"error": what.sentence} if isinstance(what, Invalid) else what.told(trace=trace))
            for path, what in judged
        ]
        click.echo(render(documents, Form(output)), nl=False)
    else:
        for line in columns(folder_rows(judged), elastic="WHY", width=terminal_width()):
            click.echo(line)
        click.echo(summary(judged))
    for note in dict.fromkeys(note for _, what in judged if not isinstance(what, Invalid) for note in what.notes):
        click.echo(f"canary: {note}", err=True)
    faults = [what.sentence for _, what in judged if isinstance(what, Invalid)]
    for sentence in faults:
        click.echo(f"canary: {sentence}", err=True)
    return 1 if faults else 0


def _counted(judged: "Iterable[Judged]", of: int) -> "Iterable[Judged]":
    """The same, with their number on a terminal while it grows."""
    shown = sys.stderr.isatty()
    for number, each in enumerate(judged, start=1):
        if shown:
            click.echo(f"\r{number:,} of {of:,} recordings", err=True, nl=number == of)
        yield each


def _show(name: str, found: "Backtest", *, trace: bool, output: str | None) -> None:
    from canary.cli.backtested import story_lines
    from canary.cli.documents import Form, render

    if output is not None:
        click.echo(render(found.told(trace=trace), Form(output)), nl=False)
    else:
        for line in story_lines(name, found, trace=trace):
            click.echo(line)
    for note in found.notes:
        click.echo(f"canary: {note}", err=True)


def _code(ending: "Ending") -> "Code":
    from canary.cli.outcome import Code
    from canary.offline.story import Ending

    match ending:
        case Ending.PROMOTED:
            return Code.REACHED
        case Ending.ROLLED_BACK:
            return Code.ROLLED_BACK
        case Ending.PAUSED:
            return Code.PAUSED
        case Ending.RUNNING:
            return Code.TIMEOUT


VERBS = {"backtest": backtest}
