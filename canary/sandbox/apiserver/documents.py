"""The pages that are not objects: version, health, discovery and OpenAPI."""

from collections.abc import Mapping, Sequence

from canary.sandbox.apiserver import discovery, openapi, swagger
from canary.sandbox.apiserver.calls import JSON, missing
from canary.sandbox.apiserver.kinds import Kinds
from canary.sandbox.errors import PageNotFound
from canary.sandbox.objects import Object
from canary.sandbox.resources import CUSTOM_RESOURCE_DEFINITIONS, Resource, Resources
from canary.sandbox.store import Store
from canary.sandbox.watches import Event

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
HEALTH = ("/readyz", "/livez", "/healthz")
_VERSION = {
    "major": "1", "minor": "36", "gitVersion": "v1.36.0+canary-sandbox", "gitCommit": "", "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "none", "platform": "sandbox/python",
}  # fmt: skip


class Documents:
    """Made when asked for; the OpenAPI ones are kept until a definition changes."""

    def __init__(self, store: Store, resources: Resources, kinds: Kinds) -> None:
        self._resources = resources
        self._kinds = kinds
        self._schemas: dict[str, bytes] = {}
        store.listen(self._on_change)

    def page(self, path: str, form: str, address: str) -> tuple[Object | bytes, str]:
        """Give a page with its media type. Raises NotFound."""
        if path in {"/api", "/apis"} and form == "APIGroupDiscoveryList":
            return discovery.aggregated(self._resources, core=path == "/api"), AGGREGATED
        if path == "/openapi/v2":
            return swagger.document(self._resources), swagger.CONTENT_TYPE
        if path.startswith("/openapi/v3/"):
            return self._schema(path.removeprefix("/openapi/v3/")), JSON
        found = self._index(path, address) or self._group(path.strip("/").split("/"))
        if found is None:
            raise PageNotFound("404 page not found\n")
        return found, JSON

    def _index(self, path: str, address: str) -> Object | None:
        match path:
            case "/version":
                return {**_VERSION}
            case "/api":
                return discovery.legacy_versions(address)
            case "/apis":
                return discovery.group_list(self._resources)
            case "/openapi/v3":
                return openapi.index(self._resources, self._documents())
            case _:
                return None

    def _group(self, parts: Sequence[str]) -> Object | None:
        match parts:
            case ["api", "v1"]:
                return discovery.resource_list(self._resources, "", "v1")
            case ["apis", group] if discovery.versions(self._resources, group):
                return discovery.group(self._resources, group)
            case ["apis", group, version] if version in discovery.versions(self._resources, group):
                return discovery.resource_list(self._resources, group, version)
            case _:
                return None

    def _schema(self, name: str) -> bytes:
        found = self._documents().get(name.removeprefix("apis/").removeprefix("api/"))
        if found is None:
            raise missing()
        return found

    def _documents(self) -> Mapping[str, bytes]:
        if not self._schemas:
            for version in {each.api_version for each in self._resources}:
                served = [each for each in self._resources if each.api_version == version]
                custom = [kind for each in served if (kind := self._kinds.of(each)).custom]
                self._schemas[version] = openapi.document(version, served, custom)
        return self._schemas

    def _on_change(self, resource: Resource, _: Event) -> None:
        if resource == CUSTOM_RESOURCE_DEFINITIONS:
            self._schemas = {}
