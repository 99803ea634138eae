"""One request as the verbs see it, and one answer, free of HTTP machinery."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from canary.sandbox.apiserver.kinds import Kind
from canary.sandbox.errors import BadRequest, NotAcceptable, NotFound, PageNotFound, UnsupportedMediaType
from canary.sandbox.objects import Object
from canary.sandbox.resources import Resource, Resources

JSON = "application/json"
YAML = "application/yaml"
_FORMS = {"Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"}


class _Loader(yaml.CSafeLoader):
    """As Kubernetes reads YAML: what looks like a time is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path names; `name` is empty for a collection, `namespace` for all of them or none."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`form` is what the client would rather see than the object itself: Table, PartialObjectMetadata, or empty."""

    method: str
    target: Target
    kind: Kind
    params: Mapping[str, str]
    content_type: str = JSON
    form: str = ""
    user_agent: str = ""
    body: bytes = b""

    @property
    def dry_run(self) -> bool:
        """Raises BadRequest for a value that is not `All`."""
        given = self.params.get("dryRun", "")
        if given not in {"", "All"}:
            raise BadRequest(f'dryRun: Unsupported value: "{given}": supported values: "All"')
        return bool(given)

    @property
    def manager(self) -> str:
        """Who writes: the query's fieldManager, or else the first word of the user agent."""
        return self.params.get("fieldManager") or self.user_agent.split("/")[0][:128] or "unknown"

    def flag(self, name: str) -> bool:
        return self.params.get(name, "").lower() in {"true", "1"}

    def parsed(self) -> Any:
        """Read the body. Raises BadRequest, and UnsupportedMediaType for anything but JSON and YAML."""
        return parsed(self.body, self.content_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    code: int = 200
    body: Object
    warnings: list[str] = field(default_factory=list)


def parsed(body: bytes, content_type: str) -> Any:
    """Raises BadRequest, and UnsupportedMediaType for anything but JSON and YAML."""
    try:
        if content_type.endswith("json"):
            return json.loads(body)
        if content_type.endswith("yaml"):
            return json.loads(body) if body.startswith(b"{") else yaml.load(body, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (ValueError, yaml.YAMLError) as error:
        raise BadRequest(f"couldn't get version/kind; error parsing the body: {error}") from error
    known = f"{JSON}, {YAML}"
    raise UnsupportedMediaType(
        f"the body of the request was in an unknown format ({content_type}) - accepted media types include: {known}"
    )


def target(path: str, resources: Resources) -> Target:
    """Read `/api/v1/…` or `/apis/GROUP/VERSION/…`. Raises NotFound, or PageNotFound where not even the group is served."""
    parts = [each for each in path.split("/") if each]
    group, version, rest = ("", parts[1:2], parts[2:]) if parts[0] == "api" else (parts[1], parts[2:3], parts[3:])
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and (group or rest[2] not in {"status", "finalize"}):
        namespace, rest = rest[1], rest[2:]
    if not any((each.group, each.version) == (group, *version) for each in resources):
        raise PageNotFound("404 page not found\n")
    resource = resources.find(group, version[0], rest[0]) if rest else None
    if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
        raise missing()
    name, subresource = [*rest, "", ""][1:3]
    if name and resource.namespaced and not namespace:
        raise missing()
    return Target(resource=resource, namespace=namespace, name=name, subresource=subresource)


def missing() -> NotFound:
    return NotFound("the server could not find the requested resource")


def wanted_form(accept: str) -> str:
    """Pick the first form that we can give. Raises NotAcceptable when there is none."""
    for each in (accept or "*/*").split(","):
        media, *options = [part.strip() for part in each.split(";")]
        form = next((option[3:] for option in options if option.startswith("as=")), "")
        if media in {JSON, "*/*", "application/*"} and (not form or form in _FORMS):
            return form
    raise NotAcceptable(f"only the following media types are accepted: {JSON}")
