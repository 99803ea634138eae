"""What can go wrong, as one tree; whether to try again is in the type, not in the handler.

    CanaryError
    ├── Retryable             the same request may succeed later
    │   ├── Conflict          somebody wrote first: look again, decide again
    │   ├── Throttled         the other side names a time to wait
    │   ├── TimedOut          no answer within the deadline; it may have happened or not
    │   └── Unavailable       no connection, or the other side is broken for now
    └── Terminal              the same request can't succeed until somebody changes something
        ├── AlreadyExists
        ├── Forbidden         known to the cluster, but not allowed to
        ├── Gone              the position in a list or watch has expired: start from a fresh list
        ├── Invalid           refused on its content; `causes` name the fields
        ├── Misconfigured     our own settings or the kubeconfig
        ├── NotFound
        │   └── NotServed     not even the kind of object is known to the cluster
        ├── Refused           any other "no"
        └── Unauthorized      the credentials are not accepted

Every error reads as one English sentence that names the object.
"""

from dataclasses import dataclass
from datetime import timedelta


class CanaryError(Exception):
    """Anything that this project raises on purpose."""

    @property
    def sentence(self) -> str:
        """What happened and to what, fit for status, journal and terminal."""
        return str(self)


class Retryable(CanaryError):
    """The same request may succeed later."""


class Terminal(CanaryError):
    """The same request can't succeed until somebody changes something."""


class Conflict(Retryable):
    """Somebody else wrote first, or a precondition does not hold."""


class Throttled(Retryable):
    """The other side asks for a pause; `retry_after` is its length."""

    def __init__(self, sentence: str, *, retry_after: timedelta) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class TimedOut(Retryable):
    """No answer within the deadline: whether it happened is unknown."""


class Unavailable(Retryable):
    """No connection, or an answer that says the other side is broken for now."""


class AlreadyExists(Terminal):
    """An object of that name is there already."""


class Forbidden(Terminal):
    """The cluster knows who we are and does not allow this."""


class Gone(Terminal):
    """The resource version or continuation asked for has expired; only a fresh list helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One field that was refused; `field` is empty where the whole object is meant."""

    field: str
    message: str


class Invalid(Terminal):
    """The content was refused; `causes` may be empty when the other side names no field."""

    def __init__(self, sentence: str, *, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(sentence)
        self.causes = causes


class Misconfigured(Terminal):
    """Our own settings, kubeconfig or environment are incomplete or contradictory."""


class NotFound(Terminal):
    """There is no such object."""


class NotServed(NotFound):
    """The cluster does not know this kind of object: its CRD is missing or serves other versions."""


class Refused(Terminal):
    """The other side said no for a reason that has no type of its own."""


class Unauthorized(Terminal):
    """The credentials are missing, expired or not accepted."""
