"""A `requests` session for metric providers that can be wrong, slow or hostile.

No retries (the next look is the retry), no redirects (credentials stay where they were sent), no proxies or netrc
from the environment, and no more of an answer is read than the cap and the deadline allow. Everything that isn't a
plain and whole 200 leaves as a ProviderError.
"""

import io
import json
import re
import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from analysis.providers.base import ErrorKind, ProviderError
from analysis.providers.redaction import redacted
from analysis.providers.statuses import MOST_OF_AN_ERROR, cause_of, refusal

_PIECE = 64 * 1024
# Neither can stand inside a JSON string: its quotes would be escaped there.
_WARNINGS = re.compile(rb'"warnings"\s*:\s*(?=\[)')
_IS_PARTIAL = re.compile(rb'"isPartial"\s*:\s*true')
_OF_THE_ENGINE = "PromQL "


class CappedSession(requests.Session):
    """Reads answers itself, up to `cap` bytes and until `deadline` seconds have gone.

    `name` is the provider's in sentences, `secrets` are in none of them.
    """

    def __init__(self, name: str, *, cap: int, deadline: float, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.trust_env = False
        self._name = name
        self._cap = cap
        self._deadline = deadline
        self._secrets = secrets

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the library's signature
        """None: a redirect is an answer like any other, and its body isn't read for the sake of following it."""
        return None

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """As in the library, within the bounds of this session. Raises ProviderError."""
        ends = time.monotonic() + self._deadline
        try:
            response = super().request(method, url, *args, **{**options, "allow_redirects": False, "stream": True})
            body = self._body(response, ends)
        except requests.Timeout as error:
            raise self._late() from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._error(ErrorKind.UNAVAILABLE, f"can't be reached: {cause_of(error)}.") from error
        if response.status_code != requests.codes.ok:
            raise self._refusal(response, body)
        if (missing := _missing_from(body)) is not None:
            raise self._error(ErrorKind.PARTIAL, f"answered only in part, which is nothing to judge by: {missing}.")
        response.raw = io.BytesIO(body)
        return response

    def _body(self, response: requests.Response, ends: float) -> bytes:
        body = bytearray()
        try:
            while piece := response.raw.read1(_PIECE, decode_content=True):
                body += piece
                self._check(len(body), ends)
        except (ProviderError, HTTPError, OSError):
            response.raw.close()
            raise
        response.raw.release_conn()
        return bytes(body)

    def _check(self, size: int, ends: float) -> None:
        if size > self._cap:
            raise self._error(ErrorKind.TOO_LARGE, f"answered with more than {self._cap / 1024**2:g} MiB: ask for fewer series.")
        if time.monotonic() > ends:
            raise self._late()

    def _late(self) -> ProviderError:
        return self._error(ErrorKind.TIMEOUT, f"gave no answer within {self._deadline:g} s.")

    def _error(self, kind: ErrorKind, what: str) -> ProviderError:
        return ProviderError(kind, f"{self._name} {redacted(what, self._secrets)}")

    def _refusal(self, response: requests.Response, body: bytes) -> ProviderError:
        kind, said = _error_of(body)
        if kind == "timeout":
            return self._error(ErrorKind.TIMEOUT, f"gave up on the query: {said}.")
        found = refusal(response.status_code, said, response.headers)
        error = self._error(found.kind, found.words)
        error.pause = found.pause
        return error


def _missing_from(body: bytes) -> str | None:
    """Why an answer isn't the whole one, None for a whole one.

    Thanos warns when a store didn't answer, VictoriaMetrics has a mark of its own. The engine's notes on a query, which
    Prometheus sends as warnings too, say nothing of the kind.
    """
    if _IS_PARTIAL.search(body):
        return "some of its storage nodes gave no answer"
    if (found := _WARNINGS.search(body)) is None:
        return None
    try:
        warnings, _ = json.JSONDecoder().raw_decode(body[found.end() :].decode(errors="replace"))
    except ValueError:
        return None  # the client says what is wrong with such an answer
    ours = [str(warning) for warning in warnings if not str(warning).startswith(_OF_THE_ENGINE)]
    return ours[0][:MOST_OF_AN_ERROR].strip().rstrip(".") if ours else None


def _error_of(body: bytes) -> tuple[str, str]:
    """Type and text of an error as Prometheus reports it, or the beginning of whatever else was said."""
    try:
        told = json.loads(body)
        return str(told["errorType"]), str(told["error"])[:MOST_OF_AN_ERROR].rstrip(".")
    except (ValueError, TypeError, KeyError):
        text = body[:MOST_OF_AN_ERROR].decode(errors="replace").strip().rstrip(".")
        return "", text or "it didn't say why"
