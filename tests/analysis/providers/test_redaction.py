"""What must not be repeated is found in every spelling."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from analysis.providers.redaction import redacted, secrets_of

words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=6, max_size=20)


@given(words, words, st.text(max_size=30))
def test_no_spelling_of_a_login_is_left(user, password, around):
    spelled = base64.b64encode(f"{user}:{password}".encode()).decode()
    secrets = secrets_of([f"Basic {spelled}"])
    said = redacted(f"{around}{password}{around}{spelled}{around}Basic {spelled}", secrets)
    assert password not in said.replace(around, "") or password in around
    assert spelled not in said


@given(words)
def test_a_token_is_hidden_with_and_without_its_scheme(token):
    secrets = secrets_of([f"Bearer {token}"])
    assert redacted(f"bad token {token}, sent as Bearer {token}", secrets) in (
        "bad token …, sent as …",
        "bad token …, sent as Bearer …",
    )


def test_words_too_short_to_be_secrets_are_left():
    assert redacted("an error", secrets_of(["a", "err"])) == "an error"


def test_a_login_of_another_alphabet_is_no_surprise():
    assert secrets_of(["Basic !!!!"]) == ("Basic !!!!", "!!!!")
