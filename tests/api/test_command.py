import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.api.command import InvalidCommand, format_command, parse_command
from strategies.model import Command, Verb

commands = st.builds(
    Command,
    verb=st.sampled_from(Verb),
    id=st.none() | st.text(min_size=1, max_size=64),
    who=st.text(min_size=1, max_size=128),
    why=st.text(max_size=300),
)


@given(commands)
def test_what_is_formatted_is_read_again(command: Command):
    assert parse_command(format_command(command)) == command


@pytest.mark.parametrize("verb", Verb)
def test_a_bare_verb_is_enough(verb: Verb):
    assert parse_command(f" {verb.title()}\n") == Command(verb=verb)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", 'There is no command "": write one of rollback, promote, advance, pause, resume, retry.'),
        ("abort", 'There is no command "abort": write one of rollback, promote,'),
        ("x" * 99, f'There is no command "{"x" * 39}…"'),
        ("{", "The command is no JSON"),
        ("{}", 'There is no command ""'),
        ('{"verb": "roll"}', 'There is no command "roll"'),
        ('{"verb": "pause", "because": "x"}', "unknown field 'because': write verb, id, who, why"),
        ('{"verb": "pause", "who": 7}', "The command's who is no text: put it in quotes."),
        ('{"verb": "pause", "id": "' + "i" * 65 + '"}', "The command's id has 65 characters: shorten it to 64."),
        ('["rollback"]', "There is no command"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(value: str, says: str):
    with pytest.raises(InvalidCommand) as refused:
        parse_command(value)
    assert says in refused.value.sentence


@given(st.text())
def test_any_text_is_a_command_or_a_sentence(value: str):
    assert answer(value).endswith(".")


def answer(value: str) -> str:
    try:
        return f"{parse_command(value).verb}."
    except InvalidCommand as refused:
        return refused.sentence
