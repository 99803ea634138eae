"""`canary judge`: Kayenta's judge on Kayenta's own files."""

import json
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from canary.errors import Invalid

if TYPE_CHECKING:
    from analysis.kayenta.config import CanaryConfig, Thresholds
    from analysis.kayenta.judge import Judgement
    from analysis.kayenta.pairs import MetricSetPair

Read = TypeVar("Read")

_CODES = "Exit codes: 0 pass, 1 error, 2 fail, 3 marginal, 4 no data, or metrics that can't be judged."
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Code(IntEnum):
    """What pipelines read; 1 is an error."""

    PASS = 0
    FAIL = 2
    MARGINAL = 3
    UNJUDGED = 4


@click.command(epilog=_CODES)
@click.option("--kayenta", "config", type=_FILE, required=True, metavar="FILE", help="A canary config, as JSON.")
@click.option("--pairs", type=_FILE, required=True, metavar="FILE", help="A list of metric-set pairs, as JSON.")
@click.option("--pass", "passing", type=float, metavar="SCORE", help="Least score of a pass; by default the config's, else 95.")
@click.option(
    "--marginal",
    type=float,
    metavar="SCORE",
    help="Least score of a marginal result; by default the config's, else 75, or that of a pass if that is less.",
)
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Kayenta's result in another form.")
def judge(*, config: Path, pairs: Path, passing: float | None, marginal: float | None, output: str | None) -> None:
    """Judge a canary as Kayenta does, from its config and the metrics that it has archived.

    Scores are those of its NetflixACAJudge-v1.0. Where Kayenta lets a canary pass without data or with metrics that it could not
    judge, this says so instead: score.classification is then Nodata or Error, and the exit code 4.

    \b
    canary judge --kayenta config.json --pairs pairs.json
    canary judge --kayenta config.json --pairs pairs.json --pass 90 --marginal 70 -o json
    """
    from analysis.kayenta.judge import UnknownMetric, judge_pairs, to_json

    wanted = _config(config)
    thresholds = _thresholds(wanted, passing, marginal)
    try:
        found = judge_pairs(wanted, _pairs(pairs), thresholds)
    except UnknownMetric as error:
        raise Invalid(f"{pairs}: {error}") from None
    if output is None:
        click.echo("\n".join(_lines(found)))
    else:
        from canary.cli.documents import Form, render

        click.echo(render(to_json(found), Form(output)), nl=False)
    raise click.exceptions.Exit(_code(found))


def _code(found: "Judgement") -> Code:
    from analysis.kayenta.scorer import ScoreLabel

    match found.score.label:
        case ScoreLabel.PASS:
            return Code.PASS
        case ScoreLabel.MARGINAL:
            return Code.MARGINAL
        case ScoreLabel.FAIL:
            return Code.FAIL
        case ScoreLabel.NO_DATA | ScoreLabel.ERROR:
            return Code.UNJUDGED


def _config(path: Path) -> "CanaryConfig":
    from analysis.kayenta.config import CanaryConfig

    return _checked(path, CanaryConfig.model_validate, "config")


def _pairs(path: Path) -> "tuple[MetricSetPair, ...]":
    from analysis.kayenta.pairs import PAIRS

    return _checked(path, PAIRS.validate_python, "pairs")


def _checked(path: Path, validate: Callable[[object], Read], root: str) -> Read:
    """Reads a file; raises Invalid, which names every field that is wrong."""
    from pydantic import ValidationError

    from canary.api.refusals import causes_of

    try:
        return validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [f"{cause.field}: {cause.message}" for cause in causes_of(error, root)]
        raise Invalid(f"{path} is no input for a judge: {'; '.join(faults)}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is no text in UTF-8: save it as such") from None
    except json.JSONDecodeError as error:
        raise Invalid(f"{path} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise Invalid(f"{path} can't be read: it has a number of too many digits, or is nested too deeply") from None


def _thresholds(config: "CanaryConfig", passing: float | None, marginal: float | None) -> "Thresholds":
    from pydantic import ValidationError

    from analysis.kayenta.config import Thresholds

    known = config.classifier.score_thresholds
    least = known.passing if passing is None else passing
    given = {"pass": least, "marginal": min(known.marginal, least) if marginal is None else marginal}
    try:
        return Thresholds.model_validate(given)
    except ValidationError as error:
        from canary.api.refusals import causes_of

        raise Invalid("; ".join(f"{cause.field}: {cause.message}" for cause in causes_of(error, "--"))) from None


def _lines(found: "Judgement") -> Iterator[str]:
    """A line per metric, a line per group, and the score."""
    widest = max(len(result.name) for result in found.results)
    for result in found.results:
        muted = " (muted)" if result.labelled.muted else ""
        reason = f"  {result.labelled.reason}" if result.labelled.reason else ""
        yield f"{result.name:<{widest}}  {result.labelled.label}{muted}{reason}"
    for group in found.score.groups:
        yield f"group {group.name}: {group.score:g} of 100" if group.judged else f"group {group.name}: nothing judged"
    reason = f": {found.score.reason}" if found.score.reason else ""
    yield f"score {found.score.score:g} of 100, {found.score.label}{reason}"


VERBS = {"judge": judge}
