"""Secrets, read when they are needed and never kept: only from the namespace of the Canary that names them."""

import base64
import binascii
from dataclasses import dataclass

from canary.errors import Misconfigured
from canary.k8s.port import KubernetesApi
from canary.k8s.resources import SECRET


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Reads Secrets with the controller's own rights, which it has only where somebody bound them."""

    api: KubernetesApi

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        """All keys of a Secret as text. Raises NotFound, Forbidden, and Misconfigured for what is no text."""
        secret = await self.api.get(SECRET, name, namespace=namespace)
        return {key: _text(value, namespace, name, key) for key, value in (secret.get("data") or {}).items()}

    async def read_secret(self, namespace: str, name: str, key: str) -> str:
        """One key of a Secret. Raises like `read`, and Misconfigured when there is no such key."""
        found = await self.read(namespace, name)
        if key not in found:
            raise Misconfigured(f"Secret {namespace}/{name} has no key {key}; it has {', '.join(sorted(found)) or 'none'}.")
        return found[key]


def _text(value: str, namespace: str, name: str, key: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Misconfigured(f"Secret {namespace}/{name}: {key} is not text.") from error
