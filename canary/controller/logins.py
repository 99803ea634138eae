"""Credentials of metric providers, out of the Secrets of one namespace: what is missing is named, what is there is not shown."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.providers.tls import Tls
from analysis.scalars import Headers
from analysis.spec.login import AuthSpec, TlsSpec
from canary.controller.secrets import Secrets
from canary.errors import Misconfigured

_IN_A_HEADER = re.compile(r"[\t -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Reads Secrets when they are needed, and keeps none."""

    secrets: Secrets
    namespace: str

    async def keys(self, name: str, *wanted: str, optional: tuple[str, ...] = ()) -> dict[str, str]:
        """These keys of a Secret. Raises CanaryError, where one is missing as well."""
        found = await self.secrets.read(self.namespace, name)
        if missing := [key for key in wanted if not found.get(key, "").strip()]:
            raise Misconfigured(f"Secret {self.namespace}/{name} has no {' and no '.join(missing)}: add what the provider needs.")
        return {key: self._fit(found[key], name, key) for key in (*wanted, *optional) if found.get(key, "").strip()}

    async def headers(self, headers: Headers, auth: AuthSpec | None) -> dict[str, str]:
        """The headers of every request, a login among them. Raises CanaryError."""
        found = {header.name: header.value or "" for header in headers if header.secret_ref is None}
        for header in headers:
            if (ref := header.secret_ref) is not None:
                found[header.name] = self._fit(
                    await self.secrets.read_secret(self.namespace, ref.name, ref.key), ref.name, ref.key
                )
        return found if auth is None else {**found, "Authorization": await self._login(auth.secret_ref.name)}

    async def tls(self, spec: TlsSpec | None) -> Tls | None:
        """Certificates as they are in the Secret. Raises CanaryError."""
        if spec is None:
            return None
        found: Mapping[str, str] = {}
        if spec.secret_ref is not None:
            name = spec.secret_ref.name
            found = await self.secrets.read(self.namespace, name)
            if not found.get("ca.crt") and not (found.get("tls.crt") and found.get("tls.key")):
                raise Misconfigured(
                    f"Secret {self.namespace}/{name} has neither ca.crt, nor tls.crt and tls.key; add what is needed."
                )
        return Tls(
            ca=found.get("ca.crt"),
            certificate=found.get("tls.crt"),
            key=found.get("tls.key"),
            verify=not spec.insecure_skip_verify,
        )

    async def _login(self, name: str) -> str:
        found = await self.secrets.read(self.namespace, name)
        if "token" in found:
            return f"Bearer {self._fit(found['token'], name, 'token')}"
        if {"username", "password"} <= found.keys():
            pair = f"{found['username'].strip()}:{found['password'].strip()}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        raise Misconfigured(f"Secret {self.namespace}/{name} has neither token nor username and password; add one.")

    def _fit(self, value: str, name: str, key: str) -> str:
        if not _IN_A_HEADER.fullmatch(value.strip()):
            raise Misconfigured(f"Secret {self.namespace}/{name}: {key} holds characters that no header can carry.")
        return value.strip()
