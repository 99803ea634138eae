"""What the API server was asked: its own audit log, one value per request."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.lab.access import COMPONENTS

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # A watch would otherwise be written down three times; it is counted when it starts.
    "omitStages": ["RequestReceived"],
    "rules": [
        # The control plane talks to itself all the time, and so does the server to its own loopback address.
        {"level": "None", "users": [COMPONENTS.name, "system:apiserver"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedRequest:
    """One request as the API server saw it; requests for no object (discovery, health) have only a path."""

    verb: str
    path: str
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: str
    user_agent: str
    code: int | None
    at: datetime


def read(log: Path, *, user_agent: str = "") -> list[AuditedRequest]:
    """Every request so far whose user agent begins with `user_agent`, in the order in which they arrived."""
    first_seen: dict[str, AuditedRequest] = {}
    for event in _events(log):
        if event.get("userAgent", "").startswith(user_agent):
            first_seen.setdefault(event["auditID"], _request(event))
    return sorted(first_seen.values(), key=lambda each: each.at)


def _events(log: Path) -> Iterator[dict[str, Any]]:
    if not log.exists():
        return
    for line in log.read_text().splitlines(keepends=True):
        # The last line may still be in the making.
        if line.endswith("\n"):
            yield json.loads(line)


def _request(event: dict[str, Any]) -> AuditedRequest:
    wanted = event.get("objectRef", {})
    return AuditedRequest(
        verb=event["verb"],
        path=event["requestURI"],
        resource=wanted.get("resource", ""),
        subresource=wanted.get("subresource", ""),
        namespace=wanted.get("namespace", ""),
        name=wanted.get("name", ""),
        user=event["user"].get("username", ""),
        user_agent=event.get("userAgent", ""),
        code=event.get("responseStatus", {}).get("code"),
        at=datetime.fromisoformat(event["requestReceivedTimestamp"]),
    )
