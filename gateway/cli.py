"""The command line, ``rooms``: its commands and what becomes of their errors. Each command is a file of ``gateway/commands``.

Exit statuses: 0 done; 1 it found faults or failed on the way; 2 it was asked wrongly, and nothing was done; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from gateway.commands import bench, check, config, history, inspect, rooms_list, serve, token
from gateway.commands.errors import CommandError
from gateway.settings import SettingError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of ``arguments`` (the process's if left out); its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _make_output_safe()
    try:
        return _run(words)
    except (CommandError, SettingError, CycloptsError) as error:
        print(f"rooms: {_sentence(error, words)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, as in `rooms list | head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def make_app() -> App:
    """The commands and their flags."""
    app = App(name="rooms", help="A server of durable, hibernating WebSocket rooms.", version=_version(), version_flags=["--version"])
    app.command(serve.serve)
    app.command(token.token)
    app.command(rooms_list.list_, name="list")
    app.command(history.history)
    app.command(inspect.inspect)
    app.command(check.check)
    app.command(config.config)
    app.command(_bench, name="bench", help_flags=[], version_flags=[])
    return app


def _bench(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """The load test of the checkout; it has a --help of its own."""
    return bench.bench(*arguments)


def _run(words: list[str]) -> int:
    status = make_app()(words, exit_on_error=False, print_error=False, result_action="return_value")
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _sentence(error: Exception, words: Sequence[str]) -> str:
    """What is wrong and what to do about it."""
    if not isinstance(error, CycloptsError):
        return str(error)
    command = next((word for word in words if not word.startswith("-")), "")
    return f"{error} Try: rooms {command} --help" if command in make_app() else f"{error} Try: rooms --help"


def _make_output_safe() -> None:
    """UTF-8 whatever the locale says; what cannot be written is escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a test's is none
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _version() -> str:
    try:
        return version("rooms")
    except PackageNotFoundError:
        return "0"
