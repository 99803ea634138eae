"""`canary backtest`: what would the judge have said, and when? Recorded counters, played through the plan of a Canary."""

import asyncio
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from canary.cli.cluster import Cluster, on_cluster
from canary.cli.moments import MOMENT
from canary.errors import Invalid

if TYPE_CHECKING:
    from canary.api.v1alpha1 import CanarySpec
    from canary.cli.outcome import Code
    from canary.offline.backtest import Backtest, Backtester
    from canary.offline.folder import Judged
    from canary.offline.story import Ending

_PATH = click.Path(path_type=Path)
_EPILOG = """\
\b
Examples:
  canary backtest --counters incident.csv
  canary backtest -f canary.yaml --counters incidents/ -o json
  canary backtest -f canary.yaml --counters incident.csv --until-end --trace
  canary backtest -f canary.yaml -n shop --prometheus http://prometheus:9090 \\
    --start 2026-03-02T12:00:00Z --end 2026-03-02T13:00:00Z --save incident.csv

\b
Exit codes: 0 it would have been promoted, 1 error, 2 rolled back, 3 paused,
4 the recording ends before the plan does. For a folder 0, or 1 when one of its
recordings can't be read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line said."""

    source: str | None
    counters: Path | None
    prometheus: str | None
    start: datetime | None
    end: datetime
    stable_pods: str | None
    canary_pods: str | None
    token_file: Path | None
    save: Path | None
    until_end: bool
    trace: bool
    output: str | None


def _pattern(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise click.BadParameter(f"{value} is no regular expression: {error}", ctx, param) from None
    return value


@click.command(epilog=_EPILOG)
@click.option("-f", "--filename", "source", metavar="FILE", help="The Canary, - for standard input. By default every default.")
@click.option("--counters", type=_PATH, metavar="PATH", help="A recording (.csv, .csv.gz), or a folder of them.")
@click.option("--start", type=MOMENT, metavar="TIME", help="Instead: a release of the past, from 2026-03-02T12:00:00Z or 2h ago.")
@click.option("--end", type=MOMENT, metavar="TIME", default="now", show_default=True, help="Until when.")
@click.option("--prometheus", metavar="URL", help="Who remembers it; by default the Canary's own provider.")
@click.option("--token-file", type=_PATH, metavar="FILE", help="A bearer token to ask it with.")
@click.option("--stable-pods", callback=_pattern, metavar="REGEX", help="Names of stable's pods, where pods tell versions apart.")
@click.option("--canary-pods", callback=_pattern, metavar="REGEX", help="Names of the canary's pods.")
@click.option("--save", type=_PATH, metavar="FILE", help="Write the release as a recording (.csv, .csv.gz).")
@click.option("--until-end", is_flag=True, help="Hold the last step to the end: would the judge ever have failed it?")
@click.option("--trace", is_flag=True, help="Also each change of mind.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form.")
@on_cluster
def backtest(cluster: Cluster, **said: object) -> None:
    """Play recorded counters through the controller's own judge and plan.

    A recording has the columns t,version,pod,metric,bad,total: seconds, `stable` or `canary`, the pod, the metric's name in the
    Canary (errors and slow by default), and cumulative counters as they were scraped, gaps and resets included. The plan begins
    with the canary's first traffic; pods are ready at once, and tests, hooks and approvals are taken as passed.
    """
    asked = _Asked(**said)  # type: ignore[arg-type]  # click has checked each of them
    match asked.counters, asked.start:
        case Path() as path, None:
            code = _recorded(asked, path)
        case None, datetime() as start:
            code = _release(asked, start, cluster.namespace)
        case _:
            raise click.UsageError("give either --counters, or --start of a past release")
    raise click.exceptions.Exit(code)


def _recorded(asked: _Asked, path: Path) -> int:
    tester = _tester(asked, _spec(asked))
    return _folder(asked, tester, path) if path.is_dir() else _shown(str(path), tester.judge_file(path), asked)


def _spec(asked: _Asked) -> "CanarySpec":
    from canary.cli.single import default_spec, single_canary

    return default_spec() if asked.source is None else single_canary(asked.source)[0].spec


def _tester(asked: _Asked, spec: "CanarySpec") -> "Backtester":
    from canary.offline.backtest import Backtester
    from canary.offline.course import course_of

    course = course_of(spec)
    if not course.metrics:
        raise Invalid("The Canary judges nothing, on purpose (analysis.metrics is empty): there is nothing to play.")
    return Backtester(course=course, until_end=asked.until_end)


def _release(asked: _Asked, start: datetime, namespace: str | None) -> int:
    from canary.cli.past import Memory, past_source
    from canary.cli.single import single_canary
    from canary.offline.recording import write_recording
    from canary.offline.release import judge_release, subject_of

    if asked.source is None:
        raise click.UsageError("give the Canary with -f: it says whose metrics are asked for")
    canary, checked = single_canary(asked.source)
    tester = _tester(asked, canary.spec)
    namespace = namespace or canary.namespace
    pods = {"stable_pods": asked.stable_pods, "canary_pods": asked.canary_pods}
    memory = Memory(address=asked.prometheus, token_file=asked.token_file, start=start, end=asked.end)
    source = past_source(canary.spec, memory)
    try:
        subject = subject_of(checked.manifest.body, namespace, **pods)
        found, recording = asyncio.run(judge_release(tester, subject, source))
    finally:
        source.close()
    if asked.save is not None and recording is not None:
        write_recording(recording, asked.save)
    return _shown(canary.name, found, asked)


def _folder(asked: _Asked, tester: "Backtester", folder: Path) -> int:
    from canary.cli.backtested import folder_rows, summary
    from canary.cli.columns import columns, terminal_width
    from canary.cli.documents import Form, render
    from canary.offline.folder import judge_all, recordings

    paths = recordings(folder)
    judged = list(_counted(judge_all(tester, paths), len(paths)))
    if asked.output is not None:
        documents = [{"file": path.name} | _document(what, trace=asked.trace) for path, what in judged]
        click.echo(render(documents, Form(asked.output)), nl=False)
    else:
        for line in columns(folder_rows(judged), elastic="WHY", width=terminal_width()):
            click.echo(line)
        click.echo(summary(judged))
    _complain(note for _, what in judged if not isinstance(what, Invalid) for note in what.notes)
    faults = [what.sentence for _, what in judged if isinstance(what, Invalid)]
    _complain(faults)
    return 1 if faults else 0


def _document(what: "Backtest | Invalid", *, trace: bool) -> dict[str, object]:
    return {"error": what.sentence} if isinstance(what, Invalid) else what.told(trace=trace)


def _counted(judged: "Iterable[Judged]", of: int) -> "Iterable[Judged]":
    """The same, with their number on a terminal while it grows."""
    shown = sys.stderr.isatty()
    for number, each in enumerate(judged, start=1):
        if shown:
            click.echo(f"\r{number:,} of {of:,} recordings", err=True, nl=number == of)
        yield each


def _shown(name: str, found: "Backtest", asked: _Asked) -> "Code":
    from canary.cli.backtested import story_lines
    from canary.cli.documents import Form, render

    if asked.output is not None:
        click.echo(render(found.told(trace=asked.trace), Form(asked.output)), nl=False)
    else:
        for line in story_lines(name, found, trace=asked.trace):
            click.echo(line)
    _complain(found.notes)
    return _code(found.story.ending)


def _complain(sentences: Iterable[str]) -> None:
    """Each once, beside the output."""
    for sentence in dict.fromkeys(sentences):
        click.echo(f"canary: {sentence}", err=True)


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
