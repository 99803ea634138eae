"""OpenAPI v2 in protobuf, and no more of it than kubectl reads: which kinds can be patched with `fieldValidation`.

Current kubectl asks for it only when a manifest is a `kind: List`; everything else uses version 3.
"""

import json
from collections.abc import Iterable

from canary.sandbox.resources import Resource

CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

# Field numbers of gnostic's OpenAPIv2 messages.
_DOCUMENT_SWAGGER, _DOCUMENT_INFO, _DOCUMENT_PATHS = 1, 2, 8
_PATHS_PATH, _ITEM_PATCH = 2, 8
_OPERATION_PARAMETERS, _OPERATION_EXTENSION = 8, 13
_QUERY_IN, _QUERY_NAME = 2, 4


def document(resources: Iterable[Resource]) -> bytes:
    """The document, ready to send."""
    paths = b"".join(_field(_PATHS_PATH, _named(f"/{each.api_version}/{each.plural}", _item(each))) for each in resources)
    info = _field(1, b"Canary sandbox") + _field(2, b"v1")
    return _field(_DOCUMENT_SWAGGER, b"2.0") + _field(_DOCUMENT_INFO, info) + _field(_DOCUMENT_PATHS, paths)


def _item(resource: Resource) -> bytes:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    extension = _named("x-kubernetes-group-version-kind", _field(2, json.dumps(kind).encode()))
    query = _field(_QUERY_IN, b"query") + _field(_QUERY_NAME, b"fieldValidation")
    # Wrapped in what kind of parameter it is, three times over: a parameter, not in the body, in the query.
    parameter = _field(1, _field(2, _field(3, query)))
    return _field(_ITEM_PATCH, _field(_OPERATION_PARAMETERS, parameter) + _field(_OPERATION_EXTENSION, extension))


def _named(name: str, value: bytes) -> bytes:
    return _field(1, name.encode()) + _field(2, value)


def _field(number: int, value: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
