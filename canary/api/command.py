"""A person's word as it stands in the annotation `canary.delivery/command`: a bare verb, or JSON with id, who and why."""

import json
from typing import Any

from canary.errors import Terminal
from strategies.model import Command, Verb

_FIELDS = ("verb", "id", "who", "why")
_LONGEST = {"id": 64, "who": 128, "why": 1024}


class InvalidCommand(Terminal):
    """The annotation says nothing that we could do; the sentence lists what can be said."""


def parse_command(value: str) -> Command:
    """Read `rollback`, or `{"verb": "rollback", "why": "..."}`; raises InvalidCommand."""
    text = value.strip()
    if not text.startswith("{"):
        return Command(verb=_verb(text))
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InvalidCommand(f"The command is no JSON ({error}): write a verb ({_verbs()}), or correct it.") from None
    return _command(said)


def _command(said: dict[str, Any]) -> Command:
    for name, word in said.items():
        if name not in _FIELDS:
            raise InvalidCommand(f"The command has an unknown field {name!r}: write {', '.join(_FIELDS)}.")
        if not isinstance(word, str):
            raise InvalidCommand(f"The command's {name} is no text: put it in quotes.")
        if len(word) > _LONGEST.get(name, len(word)):
            raise InvalidCommand(f"The command's {name} has {len(word)} characters: shorten it to {_LONGEST[name]}.")
    return Command(
        verb=_verb(said.get("verb", "")),
        id=said.get("id") or None,
        who=said.get("who") or "unknown",
        why=said.get("why") or "",
    )


def _verb(word: str) -> Verb:
    try:
        return Verb(word.lower())
    except ValueError:
        shown = word if len(word) <= 40 else f"{word[:39]}…"
        raise InvalidCommand(f'There is no command "{shown}": write one of {_verbs()}.') from None


def _verbs() -> str:
    return ", ".join(Verb)


def format_command(command: Command) -> str:
    """The annotation's value for a command, as `parse_command` reads it."""
    words = {"verb": str(command.verb), "id": command.id or "", "who": command.who, "why": command.why}
    return json.dumps({name: word for name, word in words.items() if word}, ensure_ascii=False)
