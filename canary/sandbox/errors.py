"""What the API server refuses, in Kubernetes' own reasons and sentences.

ApiError
├── BadRequest 400 ── Undecodable
├── Forbidden 403 · NotFound 404 ── PageNotFound · MethodNotAllowed 405 · NotAcceptable 406
├── AlreadyExists 409 · Conflict 409 · Expired 410
└── UnsupportedMediaType 415 · Invalid 422 · Unimplemented 501
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from canary.sandbox.resources import Resource


class ApiError(Exception):
    """An answer other than success; `details` are Kubernetes' StatusDetails, empty when there are none."""

    code: ClassVar[int] = 500
    reason: ClassVar[str] = "InternalError"

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}

    def status(self) -> dict[str, Any]:
        """Render as the Status object that clients parse."""
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": str(self)}
        details = {"details": self.details} if self.details else {}
        return {**status, "reason": self.reason, **details, "code": self.code}


def _details(resource: Resource, name: str) -> dict[str, Any]:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": resource.plural}


class BadRequest(ApiError):
    code, reason = 400, "BadRequest"


class Undecodable(BadRequest):
    """A body that is no object of its kind: a value of a wrong type, or an unknown field where those are refused."""

    def __init__(self, resource: Resource, why: str) -> None:
        super().__init__(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}')
        self.why = why


class Forbidden(ApiError):
    code, reason = 403, "Forbidden"


class NotFound(ApiError):
    code, reason = 404, "NotFound"

    @classmethod
    def of(cls, resource: Resource, name: str) -> "NotFound":
        return cls(f'{resource.key} "{name}" not found', _details(resource, name))


class PageNotFound(NotFound):
    """Nothing is served under this path, not even an API group: plain text, as by a real server."""


class MethodNotAllowed(ApiError):
    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(ApiError):
    code, reason = 406, "NotAcceptable"


class AlreadyExists(ApiError):
    code, reason = 409, "AlreadyExists"

    @classmethod
    def of(cls, resource: Resource, name: str) -> "AlreadyExists":
        return cls(f'{resource.key} "{name}" already exists', _details(resource, name))


class Conflict(ApiError):
    code, reason = 409, "Conflict"

    @classmethod
    def of(cls, resource: Resource, name: str, why: str = "") -> "Conflict":
        why = why or "the object has been modified; please apply your changes to the latest version and try again"
        return cls(f'Operation cannot be fulfilled on {resource.key} "{name}": {why}', _details(resource, name))


class Expired(ApiError):
    code, reason = 410, "Expired"


class UnsupportedMediaType(ApiError):
    code, reason = 415, "UnsupportedMediaType"


class Unimplemented(ApiError):
    code, reason = 501, "NotImplemented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing wrong with an object: where, in which way, and the sentence after the field's name."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    def rendered(self) -> dict[str, str]:
        """Render as one of StatusDetails' causes."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


class Invalid(ApiError):
    code, reason = 422, "Invalid"

    @classmethod
    def of(cls, resource: Resource, name: str, causes: list[Cause]) -> "Invalid":
        """Join the causes as Kubernetes does: one bare, several in brackets."""
        listed = str(causes[0]) if len(causes) == 1 else "[" + ", ".join(map(str, causes)) + "]"
        rendered = [cause.rendered() for cause in causes]
        details = {**_details(resource, name), "kind": resource.kind, "causes": rendered}
        return cls(f'{resource.kind_key} "{name}" is invalid: {listed}', details)
