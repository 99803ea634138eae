"""Metrics that are written once and used by many: what a template holds, and how an `analysis` refers to one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from analysis.scalars import BY_NAME, OBJECT_NAME, Section, Word, refuse, refuse_one, section, taken
from analysis.scalars.sections import Objection
from analysis.spec.metric import MetricSpec
from analysis.spec.provider import ProviderSpec

MOST_ARGS = 20
_Text = Annotated[str, Field(max_length=1024)]
_Args = Annotated[dict[str, _Text], Field(max_length=MOST_ARGS)]
_PLAIN = "!has(self.{0}) || self.{0}.all(name, !self.{0}[name].contains('{{{{'))"


def _plain(text: str) -> str | None:
    """What is wrong with an argument's value; None when nothing is."""
    if "{{" in text:
        return "holds {{, and placeholders within arguments are not filled in: write the value itself"
    if not text.isprintable():
        return "holds a character that can't be printed: write it without line breaks and tabs"
    return None


class Scope(StrEnum):
    """Where a template is kept: beside the Canary, or once for the whole cluster."""

    NAMESPACE = "Namespace"
    CLUSTER = "Cluster"


class TemplateRef(Section):
    """A template whose metrics are judged as well."""

    model_config = section((_PLAIN.format("args"), "args holds {{, and placeholders within arguments are not filled in"))

    name: Annotated[str, Field(pattern=OBJECT_NAME, min_length=1, max_length=253)]
    """Name of the AnalysisTemplate, or of the ClusterAnalysisTemplate."""
    scope: Scope = Scope.NAMESPACE
    """Namespace: an AnalysisTemplate beside the Canary. Cluster: a ClusterAnalysisTemplate."""
    args: _Args = Field(default_factory=dict)
    """Values of its arguments, always text: threshold: "500ms"."""

    @field_validator("args")
    @classmethod
    def _plain_values(cls, args: dict[str, str]) -> dict[str, str]:
        wrong = [(name, sentence) for name, text in args.items() if (sentence := _plain(text)) is not None]
        if wrong:
            raise refuse(*(Objection(at=(name,), sentence=sentence) for name, sentence in wrong))
        return args


class ArgumentSpec(Section):
    """An argument of a template."""

    name: Word
    """What placeholders call it: {{args.name}}."""
    value: _Text | None = None
    """Its value where a Canary gives none. Without it every Canary must give one."""
    description: _Text | None = None
    """What it is for."""

    @field_validator("value")
    @classmethod
    def _plain_value(cls, value: str | None) -> str | None:
        if value is not None and (sentence := _plain(value)) is not None:
            raise refuse_one(sentence)
        return value


class DeclaredArguments(Section):
    """What a template can be told; all that is read of it before its arguments are filled in."""

    args: Annotated[tuple[ArgumentSpec, ...], Field(max_length=MOST_ARGS, json_schema_extra=BY_NAME)] = ()
    """What differs from Canary to Canary; {{args.name}} is filled in wherever it stands in provider and metrics."""

    @field_validator("args")
    @classmethod
    def _unique_args(cls, args: tuple[ArgumentSpec, ...]) -> tuple[ArgumentSpec, ...]:
        if objections := taken([arg.name for arg in args], "argument"):
            raise refuse(*objections)
        return args


class AnalysisTemplateSpec(DeclaredArguments):
    """Metrics to be judged by any Canary that names this template."""

    provider: ProviderSpec | None = None
    """Where these metrics come from. Default: the Canary's provider. Secrets are those of the Canary's namespace."""
    metrics: Annotated[tuple[MetricSpec, ...], Field(min_length=1, max_length=20, json_schema_extra=BY_NAME)]
    """What is judged, before the metrics of the Canary itself."""

    @field_validator("metrics")
    @classmethod
    def _unique_metrics(cls, metrics: tuple[MetricSpec, ...]) -> tuple[MetricSpec, ...]:
        if objections := taken([metric.name for metric in metrics], "metric"):
            raise refuse(*objections)
        return metrics
