"""AWS Signature Version 4 for requests of one kind: a POST to the root of a service, without a query.

The algorithm is that of the IAM User Guide, "Create a signed AWS API request".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsKey:
    """An access key; `session_token` comes with a temporary one."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a signature is good for; `service` is the name by which it is signed, as `monitoring`."""

    region: str
    service: str


def signed(key: AwsKey, scope: Scope, headers: Mapping[str, str], body: bytes, now: datetime) -> dict[str, str]:
    """The headers with date, token and signature added; `headers` must hold `host`. `now` is in UTC."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    found = {name.lower(): " ".join(value.split()) for name, value in headers.items()} | {"x-amz-date": stamp}
    if key.session_token is not None:
        found["x-amz-security-token"] = key.session_token
    names = ";".join(sorted(found))
    lines = "".join(f"{name}:{found[name]}\n" for name in sorted(found))
    request = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    place = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    text = "\n".join((_ALGORITHM, stamp, place, hashlib.sha256(request.encode()).hexdigest()))
    signature = _hmac(_signing_key(key, scope, stamp[:8]), text).hex()
    login = f"{_ALGORITHM} Credential={key.access_key_id}/{place}, SignedHeaders={names}, Signature={signature}"
    return found | {"authorization": login}


def _signing_key(key: AwsKey, scope: Scope, day: str) -> bytes:
    secret = f"AWS4{key.secret_access_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        secret = _hmac(secret, part)
    return secret


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
