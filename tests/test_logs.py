"""Log lines: structured, one line each, secrets taken out."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from canary.logs import OURS, LogFormat, LogLevel, configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield io.StringIO()
    logging.getLogger().handlers[:], level = before
    for name, was in {"": level, **dict.fromkeys(OURS, logging.NOTSET)}.items():
        logging.getLogger(name).setLevel(was)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_level_time_and_what_was_said(stream: io.StringIO) -> None:
    configure_logs(LogFormat.JSON, stream=stream)
    structlog.get_logger("canary.controller").info("decided", reason="Holding", sentence="Holds 5 % for 1m.", weight=5)
    (line,) = lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "canary.controller",
        "event": "decided",
        "reason": "Holding",
        "sentence": "Holds 5 % for 1m.",
        "weight": 5,
    }


def test_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    configure_logs(LogFormat.JSON, stream=stream)
    log = structlog.get_logger("canary")
    try:
        int("no number")
    except ValueError:
        log.exception("failed")
    (line,) = lines(stream)
    assert "ValueError: invalid literal" in line["exception"]


def test_credentials_are_taken_out_wherever_they_stand(stream: io.StringIO) -> None:
    configure_logs(LogFormat.JSON, stream=stream)
    structlog.get_logger("canary").warning(
        "could not reach postgresql://canary:hunter2@db/canary",
        headers={"Authorization": "hunter2", "accept": "text/plain"},
        urls=["https://ada:hunter2@example.com/hook"],
        said="sent Authorization: Bearer hunter2hunter2",
        error=OSError("no route to http://u:hunter2@proxy"),
        token="hunter2",
    )
    logging.getLogger("httpx").warning("proxy %s", "http://u:hunter2@proxy")
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0]["headers"] == {"Authorization": "…", "accept": "text/plain"}


def test_libraries_speak_from_warnings_up_and_we_from_the_level_that_was_asked_for(stream: io.StringIO) -> None:
    configure_logs(LogFormat.JSON, LogLevel.DEBUG, stream)
    logging.getLogger("apscheduler.scheduler").info("Added job")
    logging.getLogger("uvicorn.error").warning("odd request")
    structlog.get_logger("canary").debug("looked")
    assert [line["event"] for line in lines(stream)] == ["odd request", "looked"]


def test_console_lines_are_plain_without_a_terminal(stream: io.StringIO) -> None:
    configure_logs(LogFormat.CONSOLE, stream=stream)
    structlog.get_logger("canary").info("decided", reason="Holding")
    assert "decided" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
