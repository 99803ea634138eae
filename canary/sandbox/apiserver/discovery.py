"""Discovery: which groups, versions and resources are served, in the old form and in the aggregated one."""

import re
from collections.abc import Iterable, Sequence

from canary.sandbox.objects import Object
from canary.sandbox.resources import Resource, Resources

_STORED = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_SUBRESOURCE = ("get", "patch", "update")
_RANK = {"": 2, "beta": 1, "alpha": 0}


def legacy_versions(address: str) -> Object:
    """What `/api` says."""
    servers = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": servers}


def group_list(resources: Resources) -> Object:
    """What `/apis` says."""
    groups = [group(resources, each) for each in _groups(resources)]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{**each, "kind": None, "apiVersion": None} for each in groups]}


def group(resources: Resources, name: str) -> Object:
    """What `/apis/GROUP` says."""
    known = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions(resources, name)]
    return {"kind": "APIGroup", "apiVersion": "v1", "name": name, "versions": known, "preferredVersion": known[0]}


def resource_list(resources: Resources, name: str, version: str) -> Object:
    """What `/apis/GROUP/VERSION` says, subresources included."""
    listed: list[Object] = []
    for each in _served(resources, name, version):
        entry = {"name": each.plural, "singularName": _singular(each), "namespaced": each.namespaced, "kind": each.kind}
        more = {"shortNames": [*each.short_names], "categories": [*each.categories]}
        listed.append({**entry, "verbs": _verbs(each), **{key: value for key, value in more.items() if value}})
        listed += [
            {
                "name": f"{each.plural}/{sub}",
                "singularName": "",
                "namespaced": each.namespaced,
                **_answer(each, sub),
                "verbs": [*_SUBRESOURCE],
            }
            for sub in _subresources(each)
        ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{name}/{version}".strip("/"), "resources": listed}


def aggregated(resources: Resources, *, core: bool) -> Object:
    """What `/api` (core) or `/apis` say in one document (`apidiscovery.k8s.io/v2`)."""
    names = [""] if core else _groups(resources)
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [
                {
                    "version": version,
                    "freshness": "Current",
                    "resources": [_described(each) for each in _served(resources, name, version)],
                }
                for version in versions(resources, name)
            ],
        }
        for name in names
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def versions(resources: Resources, name: str) -> Sequence[str]:
    """The served versions of a group, the preferred one first."""
    return sorted({each.version for each in resources if each.group == name}, key=_maturity, reverse=True)


def _maturity(version: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    return (_RANK[match[2] or ""], int(match[1]), int(match[3] or 0)) if match else (-1, 0, 0)


def _groups(resources: Resources) -> Sequence[str]:
    return sorted({each.group for each in resources if each.group})


def _served(resources: Resources, name: str, version: str) -> Iterable[Resource]:
    return [each for each in resources if (each.group, each.version) == (name, version)]


def _singular(resource: Resource) -> str:
    return resource.singular or resource.kind.lower()


def _verbs(resource: Resource) -> list[str]:
    return [*_STORED] if resource.stored else ["create"]


def _subresources(resource: Resource) -> Sequence[str]:
    return [name for name in ("status", "scale") if getattr(resource, name)]


def _response(resource: Resource, subresource: str = "") -> Object:
    if subresource == "scale":
        return {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _answer(resource: Resource, subresource: str) -> Object:
    """The kind that a subresource speaks, with its group only where it is another one."""
    return _response(resource, subresource) if subresource == "scale" else {"kind": resource.kind}


def _described(resource: Resource) -> Object:
    scope = "Namespaced" if resource.namespaced else "Cluster"
    entry = {"resource": resource.plural, "responseKind": _response(resource), "scope": scope}
    more: Object = {"shortNames": [*resource.short_names], "categories": [*resource.categories]}
    more["subresources"] = [
        {"subresource": sub, "responseKind": _response(resource, sub), "verbs": [*_SUBRESOURCE]}
        for sub in _subresources(resource)
    ]
    entry |= {"singularResource": _singular(resource), "verbs": _verbs(resource)}
    return {**entry, **{key: value for key, value in more.items() if value}}
