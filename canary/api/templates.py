"""AnalysisTemplates: reading them, and putting their metrics in the place of a Canary's references to them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from analysis.spec.analysis import MOST_METRICS, AnalysisSpec
from analysis.spec.metric import MetricSpec
from analysis.spec.templates import AnalysisTemplateSpec, DeclaredArguments, Scope, TemplateRef
from canary.api.filling import Filling
from canary.api.identity import identity_causes
from canary.api.refusals import InvalidCanary, causes_of
from canary.errors import Cause, NotFound
from canary.k8s.port import Obj

KINDS: Mapping[Scope, str] = {Scope.NAMESPACE: "AnalysisTemplate", Scope.CLUSTER: "ClusterAnalysisTemplate"}

Find = Callable[[TemplateRef], Obj]
"""The template that is meant. Raises NotFound with a sentence."""


class TemplateNotFound(InvalidCanary):
    """A template that the resource names is not there."""


def called(ref: TemplateRef) -> str:
    """As people call it: `ClusterAnalysisTemplate latency`."""
    return f"{KINDS[ref.scope]} {ref.name}"


def resolve(spec: AnalysisSpec, find: Find) -> AnalysisSpec:
    """The analysis with the metrics of its templates in it. Raises InvalidCanary; TemplateNotFound where one is missing."""
    found: list[AnalysisTemplateSpec] = []
    missing: list[Cause] = []
    wrong: list[Cause] = []
    for index, ref in enumerate(spec.templates):
        at = f"spec.analysis.templates[{index}]"
        try:
            found.append(_filled(find(ref), ref, at))
        except NotFound as error:
            missing.append(Cause(field=f"{at}.name", message=error.sentence))
        except InvalidCanary as error:
            wrong.extend(error.causes)
    if missing:
        raise TemplateNotFound((*missing, *wrong))
    if wrong := wrong or list(_clashes(spec, found)):
        raise InvalidCanary(tuple(wrong))
    return _together(spec, (*(metric for template in found for metric in _asked(template)), *spec.own))


def check_template(obj: Mapping[str, Any]) -> tuple[Cause, ...]:
    """Everything that is wrong with a template, as far as that can be known without those arguments that have no default."""
    kind = next((kind for kind in KINDS.values() if kind == obj.get("kind")), KINDS[Scope.NAMESPACE])
    causes = list(identity_causes(obj, kind))
    raw = obj.get("spec") or {}
    declared, refused = _declared(raw)
    if refused:
        return (*causes, *refused)
    given = _defaults(declared)
    filling = Filling(given=given, later=frozenset(arg.name for arg in declared.args) - given.keys())
    _, refused = _read(filling.fill(raw))
    known = {cause.field for cause in filling.wrong} | filling.left
    return (*causes, *filling.wrong, *(cause for cause in refused if cause.field not in known))


def _filled(template: Mapping[str, Any], ref: TemplateRef, at: str) -> AnalysisTemplateSpec:
    """A template with the arguments of a reference, which stands `at` this path."""
    raw = template.get("spec") or {}
    declared, refused = _declared(raw)
    if not refused and (unfit := tuple(_unfit(ref, declared, at))):
        raise InvalidCanary(unfit)
    filling = Filling(given=_defaults(declared) | ref.args)
    read, causes = (None, refused) if refused else _read(filling.fill(raw))
    if read is None or filling.wrong:
        spoken = filling.wrong or causes
        raise InvalidCanary(tuple(Cause(field=at, message=f"{called(ref)}, {cause.field}: {cause.message}") for cause in spoken))
    return read


def _declared(raw: Any) -> tuple[DeclaredArguments, tuple[Cause, ...]]:
    try:
        return DeclaredArguments.model_validate_json(json.dumps(raw), strict=True), ()
    except ValidationError as error:
        return DeclaredArguments(), tuple(causes_of(error, "spec"))


def _read(body: Any) -> tuple[AnalysisTemplateSpec | None, tuple[Cause, ...]]:
    try:
        return AnalysisTemplateSpec.model_validate_json(json.dumps(body), strict=True), ()
    except ValidationError as error:
        return None, tuple(causes_of(error, "spec"))


def _defaults(declared: DeclaredArguments) -> dict[str, str]:
    return {arg.name: arg.value for arg in declared.args if arg.value is not None}


def _unfit(ref: TemplateRef, declared: DeclaredArguments, at: str) -> Iterator[Cause]:
    """Arguments that the template does not have, and those that it must be given."""
    known = [arg.name for arg in declared.args]
    for name in ref.args:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            remedy = f"write {near[0]}" if near else f"remove it, or write one of {', '.join(known) or 'none'}"
            yield Cause(field=f"{at}.args.{name}", message=f"{called(ref)} has no such argument: {remedy}")
    for arg in declared.args:
        if arg.value is None and arg.name not in ref.args:
            yield Cause(field=f"{at}.args.{arg.name}", message=f"is missing, and {called(ref)} has no default for it: add it")


def _clashes(spec: AnalysisSpec, found: Sequence[AnalysisTemplateSpec]) -> Iterator[Cause]:
    """What is sound by itself and can't be together."""
    owners: dict[str, str] = {}
    for index, (ref, template) in enumerate(zip(spec.templates, found, strict=True)):
        for metric in template.metrics:
            if metric.name in owners:
                yield _same_name(f"spec.analysis.templates[{index}]", metric.name, called(ref), owners[metric.name])
            owners.setdefault(metric.name, called(ref))
    for index, metric in enumerate(spec.own):
        if metric.name in owners:
            yield _same_name(f"spec.analysis.metrics[{index}].name", metric.name, "this Canary", owners[metric.name])
    if (count := sum(len(template.metrics) for template in found) + len(spec.own)) > MOST_METRICS:
        yield Cause(
            field="spec.analysis", message=f"has {count} metrics with those of its templates: leave at most {MOST_METRICS}"
        )


def _asked(template: AnalysisTemplateSpec) -> Iterator[MetricSpec]:
    """Its metrics, each with the provider that the template names for those that name none."""
    for metric in template.metrics:
        own = metric.provider or template.provider
        yield metric if own is None else metric.model_copy(update={"provider": own})


def _together(spec: AnalysisSpec, metrics: tuple[MetricSpec, ...]) -> AnalysisSpec:
    """The whole, read once more: what is sound by itself may not fit the Canary's provider."""
    whole = spec.model_copy(update={"templates": (), "metrics": metrics})
    try:
        return AnalysisSpec.model_validate_json(whole.model_dump_json(by_alias=True, exclude_unset=True), strict=True)
    except ValidationError as error:
        causes = causes_of(error, "spec.analysis")
        raise InvalidCanary(tuple(replace(cause, field=_by_name(cause.field, metrics)) for cause in causes)) from None


def _by_name(field: str, metrics: Sequence[MetricSpec]) -> str:
    """Numbers of metrics have no meaning to a person once those of templates are among them."""
    return re.sub(r"metrics\[(\d+)\]", lambda found: f"metrics[{metrics[int(found[1])].name}]", field)


def _same_name(at: str, metric: str, one: str, other: str) -> Cause:
    return Cause(field=at, message=f'{one} and {other} both have a metric "{metric}": rename one of them')
