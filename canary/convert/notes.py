"""What is to be said about a translation: what was left out, what now means something else, what nobody needs any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from canary.k8s.port import Obj


class Loss(StrEnum):
    """How much of a field was lost."""

    LEFT_OUT = "left out"
    DIFFERS = "differs"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """About one field of one object: what became of it, and what to do instead."""

    about: str
    field: str
    loss: Loss
    sentence: str

    def __str__(self) -> str:
        return f"{self.about}  {self.field}: {self.loss}. {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """Objects of ours in the order in which to apply them, each with the name of what it was made from, and the notes."""

    objects: tuple[tuple[str, Obj], ...]
    notes: tuple[Note, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return all(note.loss is not Loss.LEFT_OUT for note in self.notes)


class Notes:
    """Collects the notes about one object; what is said twice is kept once."""

    def __init__(self, about: str) -> None:
        self.about = about
        self._said: dict[Note, None] = {}

    def left_out(self, field: str, instead: str) -> None:
        """There is no counterpart."""
        self._say(field, Loss.LEFT_OUT, instead)

    def differs(self, field: str, how: str) -> None:
        """There is one, and it is not quite the same."""
        self._say(field, Loss.DIFFERS, how)

    def not_needed(self, field: str, why: str) -> None:
        """What it was for comes about without it."""
        self._say(field, Loss.NOT_NEEDED, why)

    def all(self) -> tuple[Note, ...]:
        """In the order in which they were said."""
        return tuple(self._said)

    def _say(self, field: str, loss: Loss, sentence: str) -> None:
        self._said[Note(about=self.about, field=field, loss=loss, sentence=sentence)] = None


def together(translations: Iterable[Translation]) -> Translation:
    """Several as one."""
    found = list(translations)
    return Translation(
        objects=tuple(each for one in found for each in one.objects), notes=tuple(note for one in found for note in one.notes)
    )
