import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from kubernetes.aio.config import ConfigException

from canary import errors
from canary.k8s.errors import Attempt, disturbed, refused
from tests.k8s.scripted import status_object

ATTEMPT = Attempt(verb="patch", what="Deployment shop/cart", plural="deployments")


def translated(code: int, body: Any, headers: dict[str, str] | None = None) -> errors.CanaryError:
    return refused(code, body if isinstance(body, bytes) else json.dumps(body).encode(), headers or {}, ATTEMPT)


@pytest.mark.parametrize(
    ("code", "reason", "details", "kind", "sentence"),
    [
        (400, "BadRequest", {}, errors.Invalid, "Cannot patch Deployment shop/cart: said the server."),
        (
            401,
            "Unauthorized",
            {},
            errors.Unauthorized,
            "Cannot patch Deployment shop/cart: the Kubernetes API does not accept our credentials (said the server).",
        ),
        (403, "Forbidden", {}, errors.Forbidden, "Cannot patch Deployment shop/cart: said the server."),
        (404, "NotFound", {"name": "cart", "kind": "deployments"}, errors.NotFound, "Deployment shop/cart does not exist."),
        (
            404,
            "NotFound",
            {"name": "shop", "kind": "namespaces"},
            errors.NotFound,
            "Cannot patch Deployment shop/cart: said the server.",
        ),
        (
            404,
            "NotFound",
            {},
            errors.NotServed,
            "Cannot patch Deployment shop/cart: the cluster serves no such kind of object.",
        ),
        (409, "AlreadyExists", {}, errors.AlreadyExists, "Deployment shop/cart exists already."),
        (409, "Conflict", {}, errors.Conflict, "Cannot patch Deployment shop/cart: said the server."),
        (410, "Expired", {}, errors.Gone, "Cannot patch Deployment shop/cart: said the server."),
        (415, "UnsupportedMediaType", {}, errors.Refused, "Cannot patch Deployment shop/cart: said the server."),
        (429, "TooManyRequests", {}, errors.Throttled, "Cannot patch Deployment shop/cart: said the server."),
        (500, "InternalError", {}, errors.Unavailable, "Cannot patch Deployment shop/cart: said the server."),
        (503, "ServiceUnavailable", {}, errors.Unavailable, "Cannot patch Deployment shop/cart: said the server."),
        (504, "Timeout", {}, errors.TimedOut, "Cannot patch Deployment shop/cart: said the server."),
    ],
)
def test_a_status_becomes_an_error_of_ours(code: int, reason: str, details: dict, kind: type, sentence: str) -> None:
    error = translated(code, status_object(code, reason, **details))
    assert (type(error), error.sentence) == (kind, sentence)


def test_a_refused_body_names_its_fields() -> None:
    causes = [
        {"field": "spec.replicas", "message": "must be greater than or equal to 0", "reason": "FieldValueInvalid"},
        {"message": "said a webhook"},
    ]
    error = translated(422, status_object(422, "Invalid", causes=causes))
    assert isinstance(error, errors.Invalid)
    assert error.causes == (
        errors.Cause(field="spec.replicas", message="must be greater than or equal to 0"),
        errors.Cause(field="", message="said a webhook"),
    )
    expected = "Cannot patch Deployment shop/cart: spec.replicas: must be greater than or equal to 0; said a webhook."
    assert expected == error.sentence


@pytest.mark.parametrize(
    ("headers", "details", "expected"),
    [
        ({"Retry-After": "7"}, {"retryAfterSeconds": 3}, 7),
        ({}, {"retryAfterSeconds": 3}, 3),
        ({}, {}, 1),
        ({"Retry-After": "Fri, 07 Nov 2025 23:59:59 GMT"}, {}, 1),
    ],
)
def test_throttling_says_how_long(headers: dict, details: dict, expected: int) -> None:
    error = translated(429, status_object(429, "TooManyRequests", **details), headers)
    assert isinstance(error, errors.Throttled)
    assert error.retry_after == timedelta(seconds=expected)


@pytest.mark.parametrize("body", [b"404 page not found\n", b"", b"[]", b'"text"'])
def test_a_path_that_nobody_serves(body: bytes) -> None:
    assert type(translated(404, body)) is errors.NotServed


def test_what_a_proxy_says_is_kept_short_and_on_one_line() -> None:
    error = translated(502, b"<html>\n<h1>Bad   Gateway</h1>" + b"x" * 2000)
    assert isinstance(error, errors.Unavailable)
    assert error.sentence.startswith("Cannot patch Deployment shop/cart: <html> <h1>Bad Gateway</h1>xxx")
    assert len(error.sentence) < 600
    assert error.sentence.endswith("….")


@pytest.mark.parametrize(
    ("raised", "kind", "sentence"),
    [
        (TimeoutError(), errors.TimedOut, "Cannot patch Deployment shop/cart: no answer from the Kubernetes API."),
        (
            aiohttp.ServerDisconnectedError(),
            errors.Unavailable,
            "Cannot patch Deployment shop/cart: Server disconnected.",
        ),
        (OSError(), errors.Unavailable, "Cannot patch Deployment shop/cart: OSError."),
        (
            ConfigException("Token file exists but empty."),
            errors.Unauthorized,
            "Cannot patch Deployment shop/cart: no credentials (Token file exists but empty).",
        ),
    ],
)
def test_no_answer_becomes_an_error_of_ours(raised: Exception, kind: type, sentence: str) -> None:
    error = disturbed(raised, ATTEMPT)
    assert (type(error), error.sentence) == (kind, sentence)


def test_retrying_is_in_the_type() -> None:
    leaves = {errors.Conflict, errors.Throttled, errors.TimedOut, errors.Unavailable}
    assert set(errors.Retryable.__subclasses__()) == leaves
    assert issubclass(errors.NotServed, errors.Terminal)
