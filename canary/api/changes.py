"""The smallest write that makes one status another."""

from collections.abc import Mapping
from typing import Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) from `before` to `after`; empty when there is nothing to write. Lists change as a whole."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := changes(old, value):
                patch[name] = inner
        elif name not in before or old != value:
            patch[name] = value
    return patch
