"""How a request names its service."""

import pytest

from canary.sandbox.http1 import Request
from canary.sandbox.mesh.destinations import Destination, destination_of


def to(target: str, host: str = "127.0.0.1:4140") -> Destination | None:
    return destination_of(Request(method="GET", target=target, headers={"host": host}))


def meaning(service: str = "reviews", namespace: str = "bookinfo", port: int | None = None, path: str = "/") -> Destination:
    return Destination(namespace=namespace, service=service, port=port, path=path)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("reviews.bookinfo", meaning()),
        ("Reviews.BookInfo", meaning()),
        ("reviews.bookinfo:9080", meaning(port=9080)),
        ("reviews.bookinfo.svc", meaning()),
        ("reviews.bookinfo.svc.cluster.local", meaning()),
        ("reviews.bookinfo.svc.cluster.local.:9080", meaning(port=9080)),
        ("reviews-canary.bookinfo", meaning("reviews-canary")),
        ("127.0.0.1:4140", None),
        ("localhost", None),
        ("reviews.bookinfo.example.org", None),
        ("", None),
    ],
)
def test_by_host(host: str, expected: Destination | None) -> None:
    assert to("/", host) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/mesh/bookinfo/reviews", meaning()),
        ("/mesh/bookinfo/reviews/a/b?c=d", meaning(path="/a/b?c=d")),
        ("/mesh/bookinfo/reviews?c=d", meaning(path="/?c=d")),
        ("/mesh/bookinfo/reviews:9080/a", meaning(port=9080, path="/a")),
        ("/mesh/bookinfo", None),
        ("http://reviews-canary.bookinfo:9080/health", meaning("reviews-canary", port=9080, path="/health")),
        ("http://reviews.bookinfo", meaning(port=80)),
        ("HTTP://reviews.bookinfo?x", meaning(port=80, path="/?x")),
        ("http://example.org.uk/", None),
        ("*", None),
    ],
)
def test_by_target(target: str, expected: Destination | None) -> None:
    assert to(target) == expected
