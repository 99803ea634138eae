"""Which revision a person means who has just changed a Deployment: the one in its template now, seen by a controller or not."""

import json
from typing import Any

from canary.controller.revisions import revision_of, template_of
from canary.errors import Forbidden, NotFound
from canary.k8s.client import Client
from canary.k8s.names import DEFERRED_ANNOTATION
from canary.k8s.port import Obj
from canary.k8s.resources import DEPLOYMENT


async def tried_revision(client: Client, canary: Obj) -> str | None:
    """None when there is no such Deployment, or when we may not look at it."""
    spec = canary.get("spec") or {}
    in_place = (spec.get("target") or {}).get("deployment")
    name = in_place or (spec.get("versions") or {}).get("canary")
    if not name:
        return None
    try:
        deployment = await client.get(DEPLOYMENT, name, namespace=canary["metadata"]["namespace"])
    except (NotFound, Forbidden):
        return None
    return wanted_revision(deployment, in_place=bool(in_place))


def wanted_revision(deployment: Obj, *, in_place: bool) -> str:
    """The revision's name as the controller gives it; a template that was set aside during a promotion is the newer one."""
    aside = (deployment["metadata"].get("annotations") or {}).get(DEFERRED_ANNOTATION)
    template: dict[str, Any] = json.loads(aside) if aside else template_of(deployment)
    named = revision_of(template)
    return named if in_place else f"{deployment['metadata']['name']}-{named}"
