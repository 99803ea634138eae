"""What the server knows of each kind beyond its name: schema, columns, scale; for built-in kinds and for defined ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from canary.sandbox.apiserver.builtin import builtin_schema
from canary.sandbox.apiserver.rules import has_rules
from canary.sandbox.apiserver.schema import PRESERVE, Node
from canary.sandbox.objects import Object
from canary.sandbox.resources import CUSTOM_RESOURCE_DEFINITIONS, Resource, Resources
from canary.sandbox.store import Store
from canary.sandbox.watches import Change, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePaths:
    """Where a kind keeps what `/scale` shows, as dotted paths; `selector` is empty for none."""

    spec_replicas: str
    status_replicas: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomColumn:
    name: str
    type: str
    path: str
    description: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`stored_as` is the apiVersion under which objects rest; reads in another version only rewrite it (conversion None)."""

    resource: Resource
    schema: Node
    custom: bool = False
    stored_as: str
    published: Node | None = None
    has_rules: bool = False
    columns: tuple[CustomColumn, ...] = ()
    selectable: tuple[str, ...] = ()
    scale: ScalePaths | None = None

    def shown(self, obj: Object) -> Object:
        """The object in this version; built-in and stored versions are handed out as they are."""
        version = self.resource.api_version
        return obj if obj.get("apiVersion") == version else {**obj, "apiVersion": version}


class Kinds:
    """Every kind that is served; definitions in the store add theirs as they come, before the write returns."""

    def __init__(self, store: Store, resources: Resources) -> None:
        self._resources = resources
        self._custom: dict[Resource, Kind] = {}
        self._built_in: dict[Resource, Kind] = {}
        store.listen(self._on_change)
        for definition in store.list(CUSTOM_RESOURCE_DEFINITIONS):
            self._serve(definition)

    def of(self, resource: Resource) -> Kind:
        """Raises KeyError for what is not served."""
        if resource in self._custom:
            return self._custom[resource]
        if resource not in self._built_in:
            self._built_in[resource] = _built_in_kind(resource)
        return self._built_in[resource]

    def custom(self, group: str, version: str) -> Sequence[Kind]:
        return [kind for resource, kind in self._custom.items() if (resource.group, resource.version) == (group, version)]

    def _on_change(self, resource: Resource, event: Event) -> None:
        if resource == CUSTOM_RESOURCE_DEFINITIONS:
            self._withdraw(event.object)
            if event.type is not Change.DELETED:
                self._serve(event.object)

    def _serve(self, definition: Object) -> None:
        for kind in defined_kinds(definition):
            self._custom[kind.resource] = kind
            self._resources.add(kind.resource)

    def _withdraw(self, definition: Object) -> None:
        group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
        self._custom = {each: kind for each, kind in self._custom.items() if (each.group, each.plural) != (group, plural)}
        self._resources.remove(group, plural)


def _built_in_kind(resource: Resource) -> Kind:
    paths = ScalePaths(spec_replicas="spec.replicas", status_replicas="status.replicas", selector="spec.selector")
    scale = paths if resource.scale else None
    return Kind(resource=resource, schema=builtin_schema(resource), stored_as=resource.api_version, scale=scale)


def defined_kinds(definition: Object) -> list[Kind]:
    """The kinds that a CustomResourceDefinition serves, one for each served version."""
    storage = next(each["name"] for each in definition["spec"]["versions"] if each.get("storage"))
    stored_as = f"{definition['spec']['group']}/{storage}"
    return [
        _defined_kind(definition["spec"], version, stored_as)
        for version in definition["spec"]["versions"]
        if version.get("served")
    ]


def _defined_kind(spec: Object, version: Object, stored_as: str) -> Kind:
    published = (version.get("schema") or {}).get("openAPIV3Schema") or {"type": "object", PRESERVE: True}
    metadata = builtin_schema(CUSTOM_RESOURCE_DEFINITIONS)["properties"]["metadata"]
    schema = {**published, "properties": {**(published.get("properties") or {}), "metadata": metadata}}
    columns = [
        CustomColumn(
            name=each["name"],
            type=each["type"],
            path=each["jsonPath"],
            description=each.get("description", ""),
            priority=each.get("priority", 0),
        )
        for each in version.get("additionalPrinterColumns") or []
    ]
    return Kind(
        resource=_defined_resource(spec, version),
        schema=schema,
        custom=True,
        stored_as=stored_as,
        published=published,
        has_rules=has_rules(published),
        columns=tuple(columns),
        selectable=tuple(each["jsonPath"].lstrip(".") for each in version.get("selectableFields") or []),
        scale=_scale((version.get("subresources") or {}).get("scale")),
    )


def _defined_resource(spec: Object, version: Object) -> Resource:
    names, subresources = spec["names"], version.get("subresources") or {}
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        kind=names["kind"],
        namespaced=spec.get("scope") == "Namespaced",
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        status="status" in subresources,
        scale="scale" in subresources,
        generational=True,
    )


def _scale(paths: Object | None) -> ScalePaths | None:
    if paths is None:
        return None
    return ScalePaths(
        spec_replicas=paths["specReplicasPath"].lstrip("."),
        status_replicas=paths["statusReplicasPath"].lstrip("."),
        selector=paths.get("labelSelectorPath", "").lstrip("."),
    )
