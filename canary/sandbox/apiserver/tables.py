"""Tables (`meta.k8s.io/v1`): what kubectl asks for instead of objects when a person is looking."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from canary.sandbox.apiserver.ages import age
from canary.sandbox.apiserver.columns import AGE, NAME, Column, columns_of
from canary.sandbox.apiserver.jsonpath import found
from canary.sandbox.apiserver.kinds import CustomColumn, Kind
from canary.sandbox.objects import Object, metadata

_DESCRIPTIONS = {"Name": "The object's name, unique among its kind in its namespace.", "Age": "The time since it was created."}


def table(kind: Kind, objects: Sequence[Object], now: datetime, *, version: str, include: str = "Metadata") -> Object:
    """Show objects as rows; `include` (None, Metadata, Object) says how much of each goes along."""
    columns = [*_columns(kind)]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [_definition(each, kind) for each in columns],
        "rows": [_row(columns, kind, obj, now, include) for obj in objects],
    }


def partial(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata(obj)}


def _columns(kind: Kind) -> Sequence[Column]:
    if not kind.custom:
        return columns_of(kind.resource)
    shown = [Column(each.name, _custom_cell(each), each.type, each.priority > 0) for each in kind.columns]
    return [NAME, *(shown or [AGE])]


def _custom_cell(column: CustomColumn) -> Any:
    def cell(obj: Object, now: datetime) -> Any:
        values = found(column.path, obj)
        if not values or values[0] is None:
            return None
        if column.type == "date":
            return age(str(values[0]), now)
        return values[0] if len(values) == 1 and not isinstance(values[0], (dict, list)) else " ".join(map(str, values))

    return cell


def _definition(column: Column, kind: Kind) -> Object:
    custom = next((each for each in kind.columns if each.name == column.name), None)
    shown = f"Custom resource definition column (in JSONPath format): {custom.path}" if custom else column.name
    described = (custom and custom.description) or _DESCRIPTIONS.get(column.name, shown)
    form = "name" if column.name == "Name" else ""
    priority = custom.priority if custom else int(column.wide)
    return {"name": column.name, "type": column.type, "format": form, "description": described, "priority": priority}


def _row(columns: Sequence[Column], kind: Kind, obj: Object, now: datetime, include: str) -> Object:
    row: Object = {"cells": [column.cell(obj, now) for column in columns]}
    match include:
        case "None":
            return row
        case "Object":
            return {**row, "object": kind.shown(obj)}
        case _:
            return {**row, "object": partial(obj)}
