"""A `requests` session for metric providers that can be wrong, slow or hostile.

No retries (the next look is the retry), no redirects (credentials stay where they were sent), no proxies or netrc
from the environment, and no more of an answer is read than the cap and the deadline allow. Everything that isn't a
plain 200 leaves as a ProviderError.
"""

import io
import json
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from analysis.providers.base import ErrorKind, ProviderError

_PIECE = 64 * 1024
_MOST_OF_AN_ERROR = 300


class CappedSession(requests.Session):
    """Reads answers itself, up to `cap` bytes and until `deadline` seconds have gone. `name` is the provider's in sentences."""

    def __init__(self, name: str, *, cap: int, deadline: float) -> None:
        super().__init__()
        self.trust_env = False
        self._name = name
        self._cap = cap
        self._deadline = deadline

    def mount_plainly(self, prefix: str, connections: int) -> None:
        """Connections to this address are pooled and never retried. Called last: the library mounts its own ways."""
        self.mount(prefix, HTTPAdapter(pool_maxsize=connections, max_retries=0))

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
            raise ProviderError(ErrorKind.UNAVAILABLE, f"{self._name} can't be reached: {_reason(error)}.") from error
        if response.status_code != requests.codes.ok:
            raise self._refusal(response, body)
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
            sentence = f"{self._name} answered with more than {self._cap / 1024**2:g} MiB: ask for fewer series."
            raise ProviderError(ErrorKind.TOO_LARGE, sentence)
        if time.monotonic() > ends:
            raise self._late()

    def _late(self) -> ProviderError:
        return ProviderError(ErrorKind.TIMEOUT, f"{self._name} gave no answer within {self._deadline:g} s.")

    def _refusal(self, response: requests.Response, body: bytes) -> ProviderError:
        status = response.status_code
        kind, said = _error_of(body)
        if 300 <= status < 400:
            where = response.headers.get("Location", "elsewhere").split("?")[0][:200]
            return ProviderError(
                ErrorKind.REDIRECTED, f"{self._name} redirects to {where}: give the address that answers itself."
            )
        if status in (401, 403):
            return ProviderError(ErrorKind.UNAUTHORIZED, f"{self._name} refuses the credentials (HTTP {status}).")
        if kind == "timeout":
            return ProviderError(ErrorKind.TIMEOUT, f"{self._name} gave up on the query: {said}.")
        if status == 429 or status >= 500:
            return ProviderError(ErrorKind.UNAVAILABLE, f"{self._name} is unavailable (HTTP {status}): {said}.")
        return ProviderError(ErrorKind.REFUSED, f"{self._name} refuses the query (HTTP {status}): {said}.")


def _error_of(body: bytes) -> tuple[str, str]:
    """Type and text of an error as Prometheus reports it, or the beginning of whatever else was said."""
    try:
        told = json.loads(body)
        return str(told["errorType"]), str(told["error"])[:_MOST_OF_AN_ERROR].rstrip(".")
    except (ValueError, TypeError, KeyError):
        text = body[:_MOST_OF_AN_ERROR].decode(errors="replace").strip().rstrip(".")
        return "", text or "it didn't say why"


def _reason(error: Exception) -> str:
    """The innermost cause: what libraries wrap around it only repeats the address."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return str(inner)[:_MOST_OF_AN_ERROR].rstrip(".") or type(inner).__name__
