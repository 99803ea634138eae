"""How a provider is reached and logged in to: addresses, credentials, certificates, and the rhythm of questions."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.scalars import OBJECT_NAME, Duration, Interval, Section, refuse_one, section

ADDRESS = r"^https?://[^\s/?#@{}]+(/[^\s?#]*)?$"
Address = Annotated[str, Field(pattern=ADDRESS, max_length=1024)]


class SecretName(Section):
    """A Secret in the Canary's own namespace."""

    name: Annotated[str, Field(pattern=OBJECT_NAME, min_length=1, max_length=253)]
    """Name of the Secret."""


class AuthSpec(Section):
    """How to log in."""

    secret_ref: SecretName
    """A Secret with the key `token` for a bearer token, or `username` and `password`."""


class TlsSpec(Section):
    """Whom to trust, and who we are, where the public authorities and a plain login are not enough."""

    model_config = section(
        ("has(self.secretRef) || (has(self.insecureSkipVerify) && self.insecureSkipVerify)", "give secretRef, or remove tls"),
    )

    secret_ref: SecretName | None = None
    """A Secret with `ca.crt` (the authorities to trust, instead of the public ones), or `tls.crt` and `tls.key` (our own
    certificate), or all three."""
    insecure_skip_verify: bool = False
    """Trust whoever answers: anybody between us can then read the credentials and forge the numbers."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.secret_ref is None and not self.insecure_skip_verify:
            raise refuse_one("give secretRef, or remove tls")
        return self


class WindowedSpec(Section):
    """When a provider is asked about which time. Defaults suit each provider."""

    delay: Duration = timedelta(0)
    """How late data are complete: nothing younger is asked for, since counts of an unfinished window would be too small."""
    window: Interval = timedelta(minutes=1)
    """How far back a value looks. Counts have no use for it: their windows follow on each other without gap or overlap."""
    resolution: Interval = timedelta(seconds=1)
    """Windows begin and end at multiples of this; the step of the provider's own data, or a multiple of it."""
