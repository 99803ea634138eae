"""Log lines: one per decision, structured, without secrets.

Lines of libraries go the same way as ours, from warnings up. Whatever looks like a credential is taken out of every line, so that
an address with a password in somebody's error message does no harm.
"""

import logging
import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TextIO

from canary.lean import without

with without("rich"):  # structlog would take 3 MiB of it along, for tracebacks that a log has no room for
    import structlog
    from structlog.typing import EventDict, Processor, WrappedLogger

OURS = ("canary", "strategies", "analysis")
HIDDEN = "…"
_SECRET_KEY = re.compile(r"authorization|password|passwd|secret|token|cookie|api[-_]?key", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[-\w.~+/=]{8,}", re.IGNORECASE)


class LogFormat(StrEnum):
    """How log lines read."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least important lines that are still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def configure_logs(form: LogFormat | None = None, level: LogLevel = LogLevel.INFO, stream: TextIO | None = None) -> None:
    """Set up logging for the whole process; no `form` means console on a terminal and JSON elsewhere."""
    stream = stream or sys.stderr
    form = form or (LogFormat.CONSOLE if stream.isatty() else LogFormat.JSON)
    shared = _shared()
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendered(form, stream)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, _number(level)))
    for name in OURS:
        logging.getLogger(name).setLevel(_number(level))


def without_secrets(text: str) -> str:
    """The text less passwords in addresses and credentials in headers."""
    return _BEARER.sub(rf"\1 {HIDDEN}", _USER_INFO.sub(HIDDEN, text))


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.value.upper()]


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _rendered(form: LogFormat, stream: TextIO) -> list[Processor]:
    match form:
        case LogFormat.JSON:
            last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
        case LogFormat.CONSOLE:
            last = structlog.dev.ConsoleRenderer(colors=stream.isatty(), timestamp_key="at")
    return [structlog.processors.format_exc_info, _hide, last]


def _hide(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return {key: _hidden(key, value) for key, value in line.items()}


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key) and value is not None:
        return HIDDEN
    match value:
        case str():
            return without_secrets(value)
        case Mapping():
            return {inner: _hidden(str(inner), item) for inner, item in value.items()}
        case list() | tuple():
            return [_hidden(key, item) for item in value]
        case Exception():
            return without_secrets(str(value))
        case _:
            return value
