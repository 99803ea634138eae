"""What the person who runs the controller decides: flags, else `CANARY_*` variables, else defaults.

Every refusal names the variable and says what it must be. Secrets are never part of a sentence or of a repr.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from analysis.plan import Dialect
from analysis.scalars import DNS_LABEL, PositiveDuration
from canary.errors import Misconfigured
from canary.logs import LogFormat, LogLevel, without_secrets

PREFIX = "CANARY_"
_HOST_SUFFIX = re.compile(r"\.?[a-z0-9]([-.a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """An address to listen on; port 0 means any free one."""

    host: str
    port: int


def _bind(value: object) -> Bind:
    if isinstance(value, Bind):
        return value
    host, _, port = str(value).rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ValueError("no port")
    return Bind(host=host.strip("[]") or "0.0.0.0", port=int(port))  # noqa: S104  # ":8080" asks for every interface


def _web_address(value: object) -> str:
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    return str(value).rstrip("/")


def _database(value: object) -> SecretStr:
    url = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if not url.startswith(("postgresql://", "postgresql+psycopg://", "sqlite:///", "sqlite+aiosqlite:///")):
        raise ValueError("no database of ours")
    return SecretStr(url)


def _suffixes(value: object) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, tuple | list) else []
    suffixes = tuple(str(word).strip().lower() for word in words if str(word).strip())
    if not suffixes or not all(_HOST_SUFFIX.fullmatch(suffix) for suffix in suffixes):
        raise ValueError("no host names")
    return suffixes


WebAddress = Annotated[str, BeforeValidator(_web_address)]


class Settings(BaseModel):
    """All settings; a description says what a value must be, as it reads after "must be"."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kubeconfig: str | None = Field(None, min_length=1, description="the path of a kubeconfig file")
    context: str | None = Field(None, min_length=1, description="the name of a context in the kubeconfig")
    namespace: str | None = Field(None, pattern=DNS_LABEL, max_length=63, description="one namespace; unset to watch all")
    state_dir: Path = Field(description="a directory that the controller may write to")
    database: Annotated[SecretStr, BeforeValidator(_database)] | None = Field(
        None, description="postgresql://user:password@host/name, or sqlite:///path; unset for a file in the state directory"
    )
    prometheus: WebAddress | None = Field(None, description="the address of a Prometheus, as http://prometheus:9090")
    prometheus_dialect: Dialect | None = Field(None, description="linkerd or http; unset to choose by the Canary's router")
    query_timeout: PositiveDuration = Field(timedelta(seconds=5), description="a duration such as 5s")
    log_format: LogFormat | None = Field(None, description="json or console; unset for console on a terminal, else json")
    log_level: LogLevel = Field(LogLevel.INFO, description="debug, info, warning or error")
    http: Annotated[Bind, BeforeValidator(_bind)] = Field(
        Bind(host="127.0.0.1", port=8080), description="host:port to listen on, as 0.0.0.0:8080"
    )
    workers: int = Field(8, ge=1, le=64, description="a whole number from 1 to 64")
    retention: PositiveDuration = Field(timedelta(days=90), description="how long history is kept, as 90d")
    hook_hosts: Annotated[tuple[str, ...], BeforeValidator(_suffixes)] | None = Field(
        None, description="host names or endings that tests and hooks may call, as .svc,hooks.example.com; unset for any"
    )
    hook_proxy: WebAddress | None = Field(None, description="the address of an HTTP proxy for tests and hooks")
    hook_loopback: bool = Field(False, description="true or false: whether tests and hooks may call this machine")


def load_settings(environ: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Settings:
    """Flags (by field name; None means not given) before variables before defaults; raises Misconfigured."""
    values: dict[str, object] = {"state_dir": _state_dir(environ)}
    if kubeconfig := environ.get("KUBECONFIG"):
        values["kubeconfig"] = kubeconfig
    values |= {name: value for name in Settings.model_fields if (value := environ.get(variable(name)))}
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise Misconfigured(" ".join(_sentences(error, values))) from None


def variable(name: str) -> str:
    """The variable of a setting: `hook_hosts` is `CANARY_HOOK_HOSTS`."""
    return f"{PREFIX}{name.upper()}"


def _state_dir(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or ".") / ".local" / "state"
    return Path(home) / "canary"


def _sentences(error: ValidationError, values: Mapping[str, object]) -> list[str]:
    names = dict.fromkeys(str(found["loc"][0]) for found in error.errors())
    return [_sentence(name, Settings.model_fields.get(name), values[name]) for name in names]


def _sentence(name: str, setting: FieldInfo | None, value: object) -> str:
    if setting is None:
        return f"There is no setting {name}; known are {', '.join(Settings.model_fields)}."
    shown = "a value that is not shown" if name == "database" else f'"{without_secrets(str(value))}"'
    return f"{variable(name)} (--{name.replace('_', '-')}) is {shown} but must be {setting.description}."
