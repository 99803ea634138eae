"""What judges a Rollout: its background and inline analyses, all of which judge the whole rollout with us."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from analysis.spec import Scope, TemplateRef
from canary.api.refusals import InvalidCanary
from canary.api.templates import KINDS
from canary.api.v1alpha1 import parse_canary
from canary.convert.argo_templates import Converted
from canary.convert.fields import Fields
from canary.convert.notes import Notes
from canary.convert.words import spell
from canary.errors import NotFound
from canary.k8s.port import Obj

_AT_ONCE = timedelta(0)


class Analyses:
    """Collects the templates that one Rollout (`about`) names."""

    def __init__(self, templates: Sequence[Converted], about: Obj, notes: Notes) -> None:
        self._templates, self._notes = templates, notes
        self._metadata: Obj = about["metadata"]
        self._refs: list[Obj] = []
        self._asked = False
        self._interval: timedelta | None = None
        self._warmup = _AT_ONCE

    def read(self, analysis: Fields) -> timedelta:
        """Takes over the templates of one analysis; how long it takes there."""
        named = [(each.path, each.text("templateName"), bool(each.take("clusterScope"))) for each in analysis.each("templates")]
        given = dict(self._arguments(analysis))
        self._asked = True
        analysis.not_needed("It is judged from its first traffic on, in every step.", "startingStep")
        analysis.left_out("Write onFailure: ignore into the metric, in the template.", "dryRun")
        analysis.not_needed("Every measurement is kept.", "measurementRetention")
        analysis.not_needed("There are no objects of runs.", "analysisRunMetadata")
        return max((self._named(path, name, shared, given) for path, name, shared in named), default=_AT_ONCE)

    def ours(self, canary: Obj) -> Obj:
        """`spec.analysis` of the Canary, without what our own checks would refuse; nothing where that leaves nothing."""
        if not self._asked:
            self._notes.differs(
                "spec", "Nothing judges it: without analysis, errors and latency would be compared with stable's."
            )
            return {"analysis": {"metrics": []}}
        kept = [ref for ref in self._refs if self._fits(ref, canary)]
        found: Obj = {"warmup": spell(self._warmup)}
        if self._interval is not None:
            found["interval"] = spell(max(timedelta(seconds=1), timedelta(seconds=round(self._interval.total_seconds()))))
        if kept:
            return {"analysis": {**found, "templates": kept}}
        self._notes.differs("spec.strategy", "With its analysis left out, errors and latency are compared with stable's.")
        return {}

    def _fits(self, ref: Obj, canary: Obj) -> bool:
        alone = {**canary, "spec": {**canary["spec"], "analysis": {"templates": [ref]}}}
        try:
            parse_canary(alone).spec.resolved(self._obj_of)
        except InvalidCanary as error:
            reasons = "; ".join(f"{cause.field.rpartition('.')[2]}: {cause.message}" for cause in error.causes)
            self._notes.left_out("spec.strategy", f"{ref['name']} can't be named as it is ({reasons}).")
            return False
        return True

    def _named(self, at: str, name: str, shared: bool, given: Mapping[str, str]) -> timedelta:
        scope = Scope.CLUSTER if shared else Scope.NAMESPACE
        called, found = f"{KINDS[scope]} {name}", self._template(scope, name)
        if found is None or found.obj is None:
            why = "is not in these files: give it as well" if found is None else "could not be translated"
            self._notes.left_out(at, f"{called} {why}.")
            return _AT_ONCE
        self._interval = min((each for each in (self._interval, found.interval) if each is not None), default=None)
        self._warmup = max(self._warmup, found.delay)
        args = {found.args[theirs]: value for theirs, value in given.items() if theirs in found.args}
        ref = {"name": name, **({"scope": str(scope)} if shared else {}), **({"args": args} if args else {})}
        same = [other for other in self._refs if (other["name"], other.get("scope")) == (name, ref.get("scope"))]
        if same and ref not in same:
            self._notes.left_out(at, f"{called} is named twice with other arguments: copy it under another name.")
        elif not same:
            self._refs.append(ref)
        self._notes.differs(at, f"{called} judges the whole rollout, and any of its metrics can end it.")
        return found.lasts

    def _template(self, scope: Scope, name: str) -> Converted | None:
        namespace = self._metadata.get("namespace")
        for each in self._templates:
            near = scope is Scope.CLUSTER or None in (each.namespace, namespace) or each.namespace == namespace
            if near and (each.kind, each.name) == (KINDS[scope], name):
                return each
        return None

    def _arguments(self, analysis: Fields) -> Iterator[tuple[str, str]]:
        for arg in analysis.each("args"):
            name, value = arg.text("name"), arg.take("value")
            source = arg.within("valueFrom")
            found = value if value is not None else self._field(source.within("fieldRef").text("fieldPath"))
            if found is not None:
                yield name, str(found)
            elif source.take("podTemplateHashValue"):
                sentence = 'Queries are asked once per version: in the template, write pod=~"{{pods}}" instead of the hash.'
                self._notes.left_out(arg.path, sentence)
            else:
                self._notes.left_out(arg.path, "Write the value itself.")

    def _field(self, path: str) -> str | None:
        if found := re.fullmatch(r"metadata\.(name|namespace)", path):
            return self._metadata.get(found[1])
        if found := re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path):
            values = self._metadata.get(found[1])
            return values.get(found[2]) if isinstance(values, Mapping) else None
        return None

    def _obj_of(self, ref: TemplateRef) -> Obj:
        found = self._template(ref.scope, ref.name)
        if found is None or found.obj is None:
            raise NotFound("is not at hand")
        return found.obj
