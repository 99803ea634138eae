"""Whether an object is of the kind that is meant, and has a name that Kubernetes takes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analysis.scalars import DNS_LABEL, OBJECT_NAME
from canary.errors import Cause
from canary.k8s.names import GROUP, VERSION

LONGEST_LABEL = 52
"""Characters of a Canary's name: labels hold it, and names of other objects are made from it."""

LONGEST_NAME = 253
_SPELLING = {
    DNS_LABEL: "write lower-case letters, digits and -, with a letter or digit at both ends",
    OBJECT_NAME: "write lower-case letters, digits, - and ., with a letter or digit at both ends",
}


def identity_causes(obj: Mapping[str, Any], kind: str, *, label: bool = False) -> Iterator[Cause]:
    """What is wrong with apiVersion, kind and name; `label`: the name must be fit for a label, too."""
    for field, wanted in (("apiVersion", f"{GROUP}/{VERSION}"), ("kind", kind)):
        if obj.get(field) != wanted:
            yield Cause(field=field, message=f"is {obj.get(field)!r}: write {wanted}")
    metadata = obj.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    longest, pattern = (LONGEST_LABEL, DNS_LABEL) if label else (LONGEST_NAME, OBJECT_NAME)
    if not isinstance(name, str) or not name:
        yield Cause(field="metadata.name", message="is missing: add it")
    elif len(name) > longest:
        yield Cause(field="metadata.name", message=f"has {len(name)} characters: shorten it to {longest}")
    elif not re.fullmatch(pattern, name):
        yield Cause(field="metadata.name", message=f'"{name}" is misspelt: {_SPELLING[pattern]}')
