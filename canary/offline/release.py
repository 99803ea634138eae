"""A past release as a Prometheus remembers it: looks for the judge, and a recording for later."""

import re
from ast import literal_eval
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from analysis.collect import Wanted, collect
from analysis.counts import Counts
from analysis.plan import Subject, Version
from analysis.reading import Counted, Samples
from canary.controller.scene import scene_of
from canary.errors import Refused
from canary.offline.backtest import Backtest, Backtester
from canary.offline.past import PastPrometheus
from canary.offline.play import Look
from canary.offline.recording import Pod, Recording, Sample
from canary.offline.watching import clock, moment
from strategies.model import State

_OF_A_DEPLOYMENT = "-[a-z0-9]+-[a-z0-9]+"
"""What Kubernetes adds to a Deployment's name to name its pods."""
_PROCESS = ("dst_pod", "namespace", "pod", "instance")
_LABEL = re.compile(r"(\w+)=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_ADDS = {Counts.EVENTS: (1, 0), Counts.BAD_EVENTS: (1, 1), Counts.ONLY_BAD: (0, 1), Counts.ONLY_FINE: (0, -1)}


def subject_of(
    obj: Mapping[str, Any], namespace: str, *, stable_pods: str | None = None, canary_pods: str | None = None
) -> Subject:
    """By which names a provider knows the two versions of a Canary: those of the controller, but for the pods where told."""
    scene = scene_of({**obj, "metadata": {"uid": "", **obj["metadata"], "namespace": namespace}}, State())
    return Subject(
        namespace=namespace,
        canary=scene.name,
        service=scene.service or scene.stable,
        stable_leaf=scene.stable_leaf,
        canary_leaf=scene.canary_leaf,
        stable_pods=stable_pods or f"{scene.stable}{_OF_A_DEPLOYMENT}",
        canary_pods=canary_pods or f"{scene.canary}{_OF_A_DEPLOYMENT}",
        stable_deployment=scene.stable,
        canary_deployment=scene.canary,
    )


async def judge_release(tester: Backtester, subject: Subject, source: PastPrometheus) -> tuple[Backtest, Recording | None]:
    """What the judge would have said, and the counters that it saw. Raises Refused when the provider gives no answers."""
    wanted = [Wanted(subject, metric) for metric in tester.course.metrics]
    seen = [await _look(wanted, source, at) for at in source.period]
    recording = recorded(seen, source.name)
    begins = seen[0].at if recording is None else moment(recording.begins)
    played = (look for look in seen if look.at >= begins)
    return tester.play(tester.course, played, begins, seen[-1].at), recording


async def _look(wanted: Sequence[Wanted], source: PastPrometheus, at: datetime) -> Look:
    """What the controller would have seen."""
    readings = await collect(source, wanted, at)
    if source.failure is not None:
        raise Refused(source.failure.sentence)
    return Look(at=at, readings={one.plan.name: readings[one.key] for one in wanted})


def recorded(looks: Iterable[Look], name: str) -> Recording | None:
    """The counters of looks by process, None where there are none."""
    found: dict[str, dict[Pod, list[Sample]]] = {}
    for look in looks:
        for metric, reading in look.readings.items():
            if isinstance(reading, Counted):
                for version, samples in ((Version.STABLE, reading.stable), (Version.CANARY, reading.canary)):
                    for process, (total, bad) in _by_process(samples).items():
                        sample = Sample(clock(look.at), min(max(bad, 0.0), total), total)
                        found.setdefault(metric, {}).setdefault(Pod(version, process), []).append(sample)
    metrics = {metric: {pod: tuple(samples) for pod, samples in series.items()} for metric, series in found.items()}
    return Recording(name=name, metrics=metrics) if metrics else None


def _by_process(samples: Samples) -> Mapping[str, tuple[float, float]]:
    """Events and bad events of each process."""
    found: dict[str, tuple[float, float]] = {}
    for key, value in samples.items():
        labels = {name: str(literal_eval(text)) for name, text in _LABEL.findall(key)}
        process = "/".join(labels[name] for name in _PROCESS if name in labels) or "all"
        total, bad = found.get(process, (0.0, 0.0))
        to_total, to_bad = _ADDS[Counts(key[0])]
        found[process] = (total + to_total * value, bad + to_bad * value)
    return found
