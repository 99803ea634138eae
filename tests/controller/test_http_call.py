"""One HTTP try: what is sent, what counts as good, and what each failure says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from canary.controller.http_call import LONGEST_ANSWER, PER_HOST, Answer, HttpAttempt, HttpCaller
from canary.controller.http_guard import Guard
from canary.errors import NotFound, Unavailable
from strategies.spec.calls import HttpSpec
from tests.controller.receiver import Receiver, answer, receiver

OPEN = Guard(loopback=True)


class Vault:
    """Secrets of one namespace."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.down = False

    async def read_secret(self, namespace: str, name: str, key: str) -> str:
        if self.down:
            raise Unavailable("the cluster does not answer")
        if (namespace, name, key) != ("bookinfo", "hook", "token") or "token" not in self.values:
            raise NotFound(f"There is no key {key} in Secret {namespace}/{name}.")
        return self.values["token"]


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as told:
        yield told


@pytest.fixture
async def caller() -> AsyncIterator[HttpCaller]:
    caller = HttpCaller(Vault(token="s3cret"), OPEN)
    yield caller
    await caller.close()


def an_attempt(url: str, payload: dict[str, Any] | None = None, **fields: Any) -> HttpAttempt:
    spec = HttpSpec.model_validate({"url": url} | fields)
    return HttpAttempt(spec=spec, run_id="r1/2.1/test/smoke", namespace="bookinfo", payload=payload)


async def test_a_good_answer(there: Receiver, caller: HttpCaller) -> None:
    said = await caller.attempt(an_attempt(f"{there.url}/health?token=abc"))
    assert said == Answer(good=True, sentence=f"GET {there.url}/health answered 200.")
    (got,) = there.received
    assert (got.method, got.path, got.body) == ("GET", "/health", b"")
    assert got.headers["canary-run-id"] == "r1/2.1/test/smoke"
    assert got.headers["user-agent"].startswith("canary-delivery/")


async def test_a_hook_sends_its_payload_as_json(there: Receiver, caller: HttpCaller) -> None:
    await caller.attempt(an_attempt(f"{there.url}/hook", {"canary": "reviews", "weight": 12.5}, method="POST"))
    (got,) = there.received
    assert (got.json, got.headers["content-type"]) == ({"canary": "reviews", "weight": 12.5}, "application/json")


async def test_a_body_of_its_own_and_headers(there: Receiver, caller: HttpCaller) -> None:
    headers = [{"name": "X-Team", "value": "books"}, {"name": "Authorization", "secretRef": {"name": "hook"}}]
    await caller.attempt(an_attempt(f"{there.url}/x", {"a": 1}, method="PUT", body="hello", headers=headers))
    (got,) = there.received
    assert (got.method, got.body, got.headers["x-team"], got.headers["authorization"]) == ("PUT", b"hello", "books", "s3cret")


@pytest.mark.parametrize(
    ("given", "expect", "good", "said"),
    [
        (answer(503), {}, False, "answered 503, expected 200 to 299."),
        (answer(204, ""), {}, True, "answered 204."),
        (answer(404), {"status": [404, 410]}, True, "answered 404."),
        (answer(200), {"status": [404, 410]}, False, "answered 200, expected 404 or 410."),
        (answer(200, "all is well"), {"contains": "well"}, True, "answered 200."),
        (answer(200, "all is bad"), {"contains": "well"}, False, 'answered 200 without "well" in its body.'),
        (answer(200, '{"a": 1}'), {"json": {"a": 1}}, True, "answered 200."),
        (
            answer(200, '{"a": 2, "b": 1}'),
            {"json": {"a": 1}},
            False,
            "answered 200 with JSON that differs from what is expected in a, b.",
        ),
        (answer(200, "[]"), {"json": {"a": 1}}, False, "answered 200, but not with a JSON object."),
        (answer(200, "oops"), {"json": {"a": 1}}, False, "answered 200, but not with JSON."),
        (answer(200, "[" * 100_000), {"json": {"a": 1}}, False, "answered 200, but not with JSON."),
        (answer(200, "x" * (LONGEST_ANSWER + 1)), {}, True, "answered 200."),
        (
            answer(200, "x" * (LONGEST_ANSWER + 1)),
            {"contains": "x"},
            False,
            "answered 200 with more than the 1 MiB that are looked at.",
        ),
        (answer(302, location="/elsewhere"), {"status": [302]}, True, "answered 302."),
    ],
)
async def test_what_counts_as_good(
    there: Receiver, caller: HttpCaller, *, given: Any, expect: dict[str, Any], good: bool, said: str
) -> None:
    there.answers = [given]
    found = await caller.attempt(an_attempt(f"{there.url}/x", expect=expect))
    assert found == Answer(good=good, sentence=f"GET {there.url}/x {said}")


async def test_redirects_are_followed_on_the_same_host_only(there: Receiver, caller: HttpCaller) -> None:
    there.answers = [answer(302, location="/there"), answer(200)]
    assert (await caller.attempt(an_attempt(f"{there.url}/here"))).good
    assert [got.path for got in there.received] == ["/here", "/there"]
    there.answers = [answer(302, location="http://169.254.169.254/latest")]
    said = await caller.attempt(an_attempt(f"{there.url}/here"))
    sentence = f"GET {there.url}/here was sent on to http://169.254.169.254, where calls do not follow."
    assert said == Answer(good=False, sentence=sentence, final=True)


async def test_redirects_in_a_circle_end(there: Receiver, caller: HttpCaller) -> None:
    there.answers = [answer(302, location="/here")]
    said = await caller.attempt(an_attempt(f"{there.url}/here"))
    assert (said.good, said.final, len(there.received)) == (False, True, 5)


async def test_a_receiver_that_does_not_answer_in_time(there: Receiver, caller: HttpCaller) -> None:
    there.gates["/slow"] = asyncio.Event()
    said = await caller.attempt(an_attempt(f"{there.url}/slow", timeout="50ms"))
    assert said == Answer(good=False, sentence=f"GET {there.url}/slow did not answer within 50ms.")


async def test_nobody_there(caller: HttpCaller) -> None:
    said = await caller.attempt(an_attempt("http://127.0.0.1:1/x"))
    assert (said.good, said.sent, said.final) == (False, True, False)
    assert said.sentence.startswith("GET http://127.0.0.1:1/x got no answer: ")


async def test_a_slow_host_delays_only_itself(there: Receiver, caller: HttpCaller) -> None:
    there.gates["/slow"] = asyncio.Event()
    slow = [asyncio.create_task(caller.attempt(an_attempt(f"{there.url}/slow"))) for _ in range(PER_HOST * 3)]
    for _ in range(PER_HOST):
        await there.arrived.get()
    async with receiver() as other:
        assert (await caller.attempt(an_attempt(f"{other.url}/x"))).good
    there.gates["/slow"].set()
    assert all(said.good for said in await asyncio.gather(*slow))
    assert there.most_at_once == PER_HOST


async def test_a_secret_that_is_not_there_says_nothing_about_the_receiver(there: Receiver) -> None:
    vault = Vault()
    caller = HttpCaller(vault, OPEN)
    attempt = an_attempt(f"{there.url}/x", headers=[{"name": "Authorization", "secretRef": {"name": "hook"}}])
    sentence = f"GET {there.url}/x was not sent: There is no key token in Secret bookinfo/hook."
    assert await caller.attempt(attempt) == Answer(good=False, sentence=sentence, sent=False, final=True)
    vault.down = True
    sentence = f"GET {there.url}/x was not sent: the cluster does not answer"
    assert await caller.attempt(attempt) == Answer(good=False, sentence=sentence, sent=False)
    assert there.received == []
    await caller.close()


@pytest.mark.parametrize("value", ["hunter2\r\nX-Evil: 1", "hunter2\x00", "hünter2"])
async def test_a_secret_that_no_header_can_carry_is_not_shown(there: Receiver, value: str) -> None:
    caller = HttpCaller(Vault(token=value), OPEN)
    said = await caller.attempt(an_attempt(f"{there.url}/x", headers=[{"name": "Authorization", "secretRef": {"name": "hook"}}]))
    assert (said.good, said.sent, there.received) == (False, False, [])
    assert "nter2" not in said.sentence
    await caller.close()


async def test_sentences_hold_no_password_and_no_query(there: Receiver, caller: HttpCaller) -> None:
    host = there.url.removeprefix("http://")
    said = await caller.attempt(an_attempt(f"http://ada:hunter2@{host}/x?key=hunter2"))
    assert said.sentence == f"GET {there.url}/x answered 200."


@pytest.mark.parametrize("url", ["http://[::1", "http://", "https:///x", "http://a:99999/", "http://ex\u0000ample/"])
async def test_what_is_no_url_is_not_sent(caller: HttpCaller, url: str) -> None:
    spec = HttpSpec.model_construct(url=url, timeout=timedelta(seconds=1))
    said = await caller.attempt(HttpAttempt(spec=spec, run_id="r", namespace="bookinfo"))
    assert (said.good, said.sent, said.final) == (False, False, True)


async def test_through_a_proxy(there: Receiver) -> None:
    caller = HttpCaller(Vault(), Guard(), proxy=there.url)
    assert (await caller.attempt(an_attempt("http://reviews-canary.bookinfo:9080/health"))).good
    (got,) = there.received
    assert got.path == "http://reviews-canary.bookinfo:9080/health"
    await caller.close()
