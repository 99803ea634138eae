"""The files of the examples, and how a story hurries them: minutes become a second, nothing else changes."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from canary.k8s.port import Obj

EXAMPLES = Path(__file__).parents[2] / "examples"
LADDER = (5, 25, 50, 100)  # the default's
MOST_REQUESTS = 50


def example(path: str) -> list[Obj]:
    """The objects of one file below `examples`."""
    return [found for found in yaml.safe_load_all((EXAMPLES / path).read_text(encoding="utf-8")) if found]


def hurried(objects: list[Obj]) -> list[Obj]:
    """The same, with every Canary's holds, intervals, warm-up and drain as short as they can be."""
    return [_hurried(found) if found["kind"] == "Canary" else found for found in objects]


def _hurried(canary: Obj) -> Obj:
    quick = deepcopy(canary)
    spec = quick["spec"]
    spec["traffic"]["drain"] = "200ms"
    spec["analysis"] = {**spec.get("analysis", {}), "interval": "1s", "warmup": "0s"}
    progressive = spec.setdefault("strategy", {"progressive": {"steps": [{"weight": weight} for weight in LADDER]}})[
        "progressive"
    ]
    for rule in (progressive.get("steps") or []) + [
        progressive[form] for form in ("linear", "exponential") if form in progressive
    ]:
        rule["hold"] = "1s"
        if rule.get("minRequests", 0) > MOST_REQUESTS:
            rule["minRequests"] = MOST_REQUESTS
    return quick


def deployment(objects: list[Obj], name: str | None = None) -> Obj:
    """The Deployment among them (of that name)."""
    return next(found for found in objects if found["kind"] == "Deployment" and name in (None, found["metadata"]["name"]))


def behaving(manifest: Obj, *, image: str | None = None, **env: str) -> Obj:
    """The Deployment with another image or other variables: `behaving(reviews, SANDBOX_ERRORS="40%")`."""
    changed = deepcopy(manifest)
    container: dict[str, Any] = changed["spec"]["template"]["spec"]["containers"][0]
    container["image"] = image or container["image"]
    container["env"] = [*container.get("env", []), *({"name": name, "value": value} for name, value in env.items())]
    return changed


def unjudged(objects: list[Obj], *steps: Obj) -> list[Obj]:
    """The same, with Canaries that judge nothing and climb these steps: for stories about something else than evidence."""
    changed = hurried(objects)
    for canary in (found for found in changed if found["kind"] == "Canary"):
        canary["spec"]["analysis"] = {"metrics": []}
        canary["spec"]["strategy"] = {"progressive": {"steps": list(steps)}}
    return changed
