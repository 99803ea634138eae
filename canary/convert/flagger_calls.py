"""Webhooks of Flagger as tests of steps, and as hooks at the edges of a rollout."""

import json
from dataclasses import dataclass, field
from typing import Any

from canary.convert.fields import Fields
from canary.convert.words import word

_EDGES = {
    "confirm-rollout": ["beforeRollout"],
    "confirm-traffic-increase": ["beforeStep"],
    "confirm-promotion": ["beforePromotion"],
    "post-rollout": ["afterPromotion", "onRollback"],
    "event": ["onEvent"],
}
_GATES = ("confirm-rollout", "confirm-traffic-increase", "confirm-promotion")
_RETRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """`first` are the tests of the first step, `every` those of all steps."""

    tests: list[dict[str, Any]] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    every: list[str] = field(default_factory=list)


def read_calls(analysis: Fields, canary: str, namespace: str | None) -> Calls:
    """All webhooks of a Canary of Flagger's."""
    calls = Calls()
    for hook in analysis.each("webhooks"):
        _read(hook, calls, {"name": canary, "namespace": namespace or "default"})
    return calls


def _read(hook: Fields, calls: Calls, about: dict[str, str]) -> None:
    kind = hook.text("type", "rollout") or "rollout"
    taken = [each["name"] for each in (*calls.tests, *calls.hooks)]
    name = _fresh(word(hook.text("name"), kind), taken)
    http = _http(hook)
    metadata = hook.take("metadata")
    hook.not_needed("There are no alerts of gates.", "muteAlert")
    if kind == "rollback":
        sentence = "Nobody is asked whether to roll back: `canary rollback`, or its annotation, does it at once."
        hook.notes.left_out(hook.path, sentence)
    elif kind in _EDGES:
        calls.hooks.append(
            {"name": name, "when": _EDGES[kind], "http": http, **({"onFailure": "pause"} if kind in _GATES else {})}
        )
        hook.notes.differs(
            hook.path, "It is told of the moment in our own words, without metadata and checksum; http.body says something else."
        )
        if kind in _GATES:
            hook.notes.differs(hook.path, "A gate that says no pauses the rollout, and `canary retry` asks it again.")
    else:
        body = {**about, "phase": "Progressing", **({"metadata": metadata} if metadata else {})}
        calls.tests.append({"name": name, "http": {**http, "method": "POST", "body": json.dumps(body)}})
        (calls.first if kind == "pre-rollout" else calls.every).append(name)
        _test_notes(hook, kind, json.dumps(body))


def _test_notes(hook: Fields, kind: str, body: str) -> None:
    when = "once, in the first step, when its weight is live" if kind == "pre-rollout" else "once in every step"
    hook.notes.differs(hook.path, f"It runs {when}, without checksum, and its failure rolls back.")
    if "-primary" in body:
        hook.notes.differs(hook.at("metadata"), "The leaf of the version that serves is <service>-stable, not -primary.")


def _http(hook: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {"url": hook.text("url")}
    if timeout := hook.text("timeout"):
        found["timeout"] = timeout
    if retries := hook.whole("retries", 0):
        found["retries"] = min(retries, _RETRIES)
    hook.left_out(
        "Certificates are verified: have the receiver's signed by an authority that the controller trusts.", "disableTLS"
    )
    return found


def _fresh(name: str, taken: list[str]) -> str:
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name[:36]}-{number}"
    return found
