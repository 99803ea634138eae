"""What a pod answers: who it is, in JSON; `/health`; `/metrics`."""

import asyncio
import json
from random import Random
from time import perf_counter

from canary.sandbox.http1 import Request, Response, json_response, text
from canary.sandbox.metrics.counters import AppCounts, exposition
from canary.sandbox.objects import Object, labels_of, name_of
from canary.sandbox.pods.behaviour import Behaviour

_APP_LABELS = ("app", "app.kubernetes.io/name", "k8s-app")
_VERSION_LABELS = ("version", "app.kubernetes.io/version")


class Responder:
    def __init__(self, pod: Object, behaviour: Behaviour, counts: AppCounts, rng: Random) -> None:
        self._behaviour, self._counts, self._rng = behaviour, counts, rng
        identity = {"service": service_of(pod), "version": version_of(pod), "pod": name_of(pod)}
        self._fine = json_response(200, json.dumps(identity).encode())
        self._error = json_response(500, json.dumps({**identity, "error": "SANDBOX_ERRORS"}).encode())

    async def __call__(self, request: Request) -> Response:
        match request.target.partition("?")[0]:
            case "/health" | "/healthz":
                return text(500, "failing, as SANDBOX_HEALTH says") if self._behaviour.failing_health else text(200, "ok")
            case "/metrics":
                return text(200, exposition(self._counts.series()).decode().rstrip("\n"))
        started = perf_counter()
        delay = self._behaviour.delay(self._rng)
        if delay:
            await asyncio.sleep(delay)
        response = self._error if self._behaviour.fails(self._rng) else self._fine
        self._counts.observe(response.status, perf_counter() - started)
        return response


def service_of(pod: Object) -> str:
    """The application's name by its usual labels, or what the pod's name begins with."""
    labels = labels_of(pod)
    return next((labels[each] for each in _APP_LABELS if each in labels), name_of(pod).rsplit("-", 2)[0])


def version_of(pod: Object) -> str:
    """The version by its usual labels, or the tag of the first image."""
    labels = labels_of(pod)
    containers = pod["spec"].get("containers") or [{}]
    tag = str(containers[0].get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[2]
    return next((labels[each] for each in _VERSION_LABELS if each in labels), tag or "latest")
