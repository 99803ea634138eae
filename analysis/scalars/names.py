"""Names as Kubernetes has them, and values that may come from a Secret."""

from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from analysis.scalars.sections import Objection, Section, exactly_one, one_of, refuse, section

DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SERVICE_NAME = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
OBJECT_NAME = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"
DATA_KEY = r"^[-._a-zA-Z0-9]+$"
HEADER_NAME = r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"
HEADER_VALUE = r"^[\t -~]*$"

BY_NAME: dict[str, Any] = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}

Word: TypeAlias = Annotated[str, Field(pattern=DNS_LABEL, min_length=1, max_length=40)]


class SecretRef(Section):
    """One key of a Secret in the Canary's own namespace."""

    name: Annotated[str, Field(pattern=OBJECT_NAME, min_length=1, max_length=253)]
    """Name of the Secret."""
    key: Annotated[str, Field(pattern=DATA_KEY, min_length=1, max_length=253)] = "token"
    """Key within the Secret's data."""


class Header(Section):
    """One HTTP header: its value in plain sight, or from a Secret."""

    model_config = section(one_of("value", "secretRef"))

    name: Annotated[str, Field(pattern=HEADER_NAME, min_length=1, max_length=64)]
    """Name of the header."""
    value: Annotated[str, Field(pattern=HEADER_VALUE, max_length=1024)] | None = None
    """Its value."""
    secret_ref: SecretRef | None = None
    """Where its value is kept; never shown or logged."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        exactly_one(("value", "secretRef"), (self.value, self.secret_ref))
        return self


def taken(names: Sequence[str], what: str) -> list[Objection]:
    """An objection for every name that an earlier item of the list already has."""
    return [
        Objection(at=(index, "name"), sentence=f'there is another {what} called "{name}": give each a name of its own')
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _own_names(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    if objections := taken([header.name for header in headers], "header"):
        raise refuse(*objections)
    return headers


Headers: TypeAlias = Annotated[tuple[Header, ...], Field(max_length=16, json_schema_extra=BY_NAME), AfterValidator(_own_names)]
