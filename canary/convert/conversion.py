"""All of somebody's objects at once: who converts which, and that ours would take what comes of it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from canary.convert.argo import GROUP as ARGO
from canary.convert.argo import convert_rollout
from canary.convert.argo_templates import Converted, convert_template, metric_names
from canary.convert.fields import Fields
from canary.convert.flagger import GROUP as FLAGGER
from canary.convert.flagger import convert_all
from canary.convert.notes import Loss, Note, Notes, Translation, together
from canary.convert.words import called, faults
from canary.k8s.names import GROUP
from canary.k8s.port import Obj

_TEMPLATES = ("AnalysisTemplate", "ClusterAnalysisTemplate")
_ALERTS = "Notifications are not read from objects: a hook with when: [onEvent] tells another system."


def convert(objects: Sequence[Obj]) -> Translation:
    """Every Canary and MetricTemplate of Flagger's, every Rollout and (Cluster)AnalysisTemplate of Argo's among them.

    Services say which ports they have; other objects are passed over. Raises Invalid for what makes no sense.
    """
    translated = _argo(objects)
    of_flagger = convert_all(_of(objects, FLAGGER, "Canary"), _of(objects, FLAGGER, "MetricTemplate"))
    return _sound(together((*translated, of_flagger, *_strangers(objects))))


def _argo(objects: Sequence[Obj]) -> Iterator[Translation]:
    templates = [obj for kind in _TEMPLATES for obj in _of(objects, ARGO, kind)]
    names = Counter(name for obj in templates for name in set(metric_names(obj)))
    shared = frozenset(name for name, count in names.items() if count > 1)
    converted = [convert_template(obj, shared) for obj in templates]
    for each in converted:
        yield _template(each)
    ports = dict(_ports(objects))
    for obj in _of(objects, ARGO, "Rollout"):
        yield convert_rollout(obj, converted, ports)


def _template(found: Converted) -> Translation:
    objects = () if found.obj is None else ((f"{found.kind} {found.name}", found.obj),)
    return Translation(objects=objects, notes=found.notes)


def _strangers(objects: Sequence[Obj]) -> Iterator[Translation]:
    for kind, group, instead in (
        ("AlertProvider", FLAGGER, _ALERTS),
        ("Experiment", ARGO, "Run a second Canary for it, or tests of a step."),
        ("AnalysisRun", ARGO, "A run is no configuration."),
    ):
        for obj in _of(objects, group, kind):
            note = Note(about=called(obj), field="spec", loss=Loss.LEFT_OUT, sentence=instead)
            yield Translation(objects=(), notes=(note,))


def _of(objects: Sequence[Obj], group: str, kind: str) -> list[Obj]:
    return [obj for obj in objects if (str(obj.get("apiVersion", "")).split("/")[0], obj.get("kind")) == (group, kind)]


def _ports(objects: Sequence[Obj]) -> Iterator[tuple[tuple[str | None, str], int]]:
    for obj in _of(objects, "v1", "Service"):
        about = called(obj)
        port = next(Fields(obj.get("spec"), "spec", Notes(about)).each("ports"), None)
        if port is not None:
            yield (obj["metadata"].get("namespace"), obj["metadata"]["name"]), port.whole("port", 80)


def _sound(found: Translation) -> Translation:
    """Without what our own checks would refuse: nobody is handed a file that can't be applied."""
    kept, notes = [], list(found.notes)
    ours = [obj for _, obj in found.objects if str(obj["apiVersion"]).startswith(GROUP)]
    for about, obj in found.objects:
        refused = faults(obj, ours) if obj in ours else ()
        if not refused:
            kept.append((about, obj))
        for cause in refused:
            sentence = f"{cause.message}. Nothing is written for {about} until that is corrected."
            notes.append(Note(about=about, field=cause.field, loss=Loss.LEFT_OUT, sentence=sentence))
    return Translation(objects=tuple(kept), notes=tuple(dict.fromkeys(notes)))
