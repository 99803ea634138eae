"""Reading somebody else's object field by field, so that none is passed over in silence.

Whoever takes a field answers for it; `rest`, once at the end, says of every field that nobody has taken that it was left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from canary.convert.notes import Notes
from canary.errors import Invalid


class Fields:
    """The fields of one object within another, at `path`."""

    def __init__(self, raw: object, path: str, notes: Notes) -> None:
        if raw is not None and not isinstance(raw, Mapping):
            raise Invalid(f"{notes.about}: {path} is no object.")
        self._raw: Mapping[str, Any] = raw or {}
        self._left = dict.fromkeys(self._raw)
        self._inner: list[Self] = []
        self.path = path
        self.notes = notes

    def __contains__(self, name: str) -> bool:
        return self._raw.get(name) is not None

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def take(self, name: str) -> Any:
        """A field as it is; None when it isn't there."""
        self._left.pop(name, None)
        return self._raw.get(name)

    def text(self, name: str, default: str = "") -> str:
        """A field as text. Raises Invalid for a list or an object."""
        value = self.take(name)
        if isinstance(value, Mapping | list):
            raise Invalid(f"{self.notes.about}: {self.at(name)} is no text.")
        return default if value is None else str(value)

    def whole(self, name: str, default: int) -> int:
        """A field as a whole number, also out of quotes. Raises Invalid."""
        value = self.take(name)
        if value is None:
            return default
        try:
            return int(str(value))
        except ValueError:
            raise Invalid(f"{self.notes.about}: {self.at(name)} is {value!r}, which is no whole number.") from None

    def number(self, name: str) -> float | None:
        """A field as a number. Raises Invalid."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(f"{self.notes.about}: {self.at(name)} is {value!r}, which is no number.")
        return value

    def within(self, name: str) -> Self:
        """The fields of an object."""
        return self._entered(self.take(name), self.at(name))

    def each(self, name: str) -> Iterator[Self]:
        """The fields of every object of a list. Raises Invalid when it is none."""
        items = self.take(name)
        if items is not None and not isinstance(items, list):
            raise Invalid(f"{self.notes.about}: {self.at(name)} is no list.")
        for index, item in enumerate(items or ()):
            yield self._entered(item, f"{self.at(name)}[{index}]")

    def left_out(self, instead: str, *names: str) -> None:
        """Those of these fields that are there have no counterpart."""
        for name in names:
            if self._taken(name):
                self.notes.left_out(self.at(name), instead)

    def not_needed(self, why: str, *names: str) -> None:
        """What those of these fields that are there are for comes about without them."""
        for name in names:
            if self._taken(name):
                self.notes.not_needed(self.at(name), why)

    def rest(self) -> None:
        """Every field that nobody has taken was left out, here and in all that was entered from here."""
        for name in list(self._left):
            if self._taken(name):
                self.notes.left_out(self.at(name), "There is no counterpart.")
        for fields in self._inner:
            fields.rest()

    def _entered(self, raw: object, path: str) -> Self:
        fields = type(self)(raw, path, self.notes)
        self._inner.append(fields)
        return fields

    def _taken(self, name: str) -> bool:
        """Whether it was there to be taken; `false`, 0 and empty ones ask for nothing."""
        return name in self._left and bool(self.take(name))
