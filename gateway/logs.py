"""What the server says about itself: one line an event, to stderr, for people (``console``) or for machines (``json``).

A line is ASCII-safe text: control characters, also those a stranger put into a name, are escaped, so that nobody can forge a
line or move a terminal's cursor. Values under the names of secrets, and anything that looks like a token, are never written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from gateway.escaping import escaped

Logger = Any
"""structlog's bound logger: fits what each package asks of a log."""

VALUE_CHARACTERS_MAX = 2_000


def configure_logs(log_format: str, stream: TextIO = sys.stderr) -> Logger:
    """The logger of the process, writing whole lines to ``stream``; a stream that fails loses lines and stops nothing."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _make_safe,
            structlog.processors.JSONRenderer() if log_format == "json" else _console_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=lambda *_: _LineWriter(stream),
        cache_logger_on_first_use=False,
    )
    logger: Logger = structlog.get_logger()
    return logger


class _LineWriter:
    """Writes each line with one call and flushes, so that lines of a crashing process are whole."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # nobody reads the log any more: a full disk or a closed pipe must not stop the rooms

    debug = info = warning = warn = error = critical = exception = fatal = msg


def _console_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """``2026-11-20T20:07:00Z warning  room_set_aside  room=rooms/lobby reason="…"``; a traceback follows, indented."""
    time, level, name = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    facts = " ".join(f"{key}={_shown(value)}" for key, value in event.items())
    line = f"{time[:19]}Z {level:<8} {name}" + (f"  {facts}" if facts else "")
    return line if trace is None else line + "\n" + "\n".join("    " + part for part in trace.split("\n"))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return f'"{text}"' if " " in text or text == "" else text


def _make_safe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Every value as it may be written. Numbers stay numbers, so that machines can compare them."""
    return {key: _safe(key, value) for key, value in event.items()}


def _safe(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAME.search(key):
        return "(hidden)"
    text = _TOKEN.sub("(token)", value if isinstance(value, str) else str(value))
    if key == "exception":
        return "\n".join(escaped(line) for line in text.split("\n"))
    return escaped(text[:VALUE_CHARACTERS_MAX])


_SECRET_NAME = re.compile(r"(?:^|_)(?:token|secret|password|authorization|cookie|ticket)(?:$|_)", re.IGNORECASE)
# A JWT: three runs of base64url; its first always begins with {" — "eyJ".
_TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
