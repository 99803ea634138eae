"""Whom a metric provider's connection trusts, and who it says we are: certificates as text, as they come out of a Secret."""

import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import certifi


class BadCertificate(ValueError):
    """A certificate or key can't be read; the message names which, and never shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM texts. `ca` None trusts the public authorities; `verify` False trusts anybody, which only its owner may want."""

    ca: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Raises BadCertificate."""
        try:
            context = ssl.create_default_context(cadata=self.ca, cafile=None if self.ca else certifi.where())
        except (ssl.SSLError, ValueError) as error:
            raise BadCertificate("ca.crt holds no certificates in PEM") from error
        if self.certificate is not None and self.key is not None:
            self._load_own(context, self.certificate, self.key)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _load_own(self, context: ssl.SSLContext, certificate: str, key: str) -> None:
        """The library reads these from files only: they exist for that moment, for us alone."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "client.pem"
            path.touch(mode=0o600)
            path.write_text(f"{key}\n{certificate}")
            try:
                context.load_cert_chain(path, password=_no_password)
            except (ssl.SSLError, ValueError, OSError) as error:
                raise BadCertificate("tls.crt and tls.key are no certificate and its key in PEM") from error


def _no_password() -> str:
    """Without this the library would ask for one on the controller's terminal."""
    raise ValueError("the key is encrypted")
