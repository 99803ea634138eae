"""Between frozen dataclasses and rows: the fields of a record are the columns of its table, by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, RowMapping, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
Row = Mapping[str, Any]


def as_row(record: "DataclassInstance") -> dict[str, Any]:
    """A row of the record's fields; nested values are shared, not copied."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def as_record(kind: type[T], row: RowMapping) -> T:
    """The record that the row holds."""
    return kind(**row)


def columns_of(kind: type["DataclassInstance"], table: Table) -> list[Column[Any]]:
    """The columns that `kind` has fields for, to select exactly these."""
    return [table.c[field.name] for field in fields(kind)]
