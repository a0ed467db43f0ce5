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

from gateway.commands.errors import CommandError, CommandFailed
from gateway.settings import SettingError

COMMANDS = {
    "serve": ("serve:serve", "Serve rooms until SIGTERM or SIGINT."),
    "token": ("token:token", "Print a token that lets a user in."),
    "list": ("listing:listing", "List the rooms that keep something."),
    "history": ("history:history", "Print a room's messages."),
    "chat": ("chat:chat", "Talk in a room."),
    "inspect": ("inspect:inspect", "Print what a room keeps: epoch, sizes, alarm, tables, keys and values."),
    "check": ("check:check", "Check every file and the journal."),
    "backup": ("backup:backup", "Copy everything, while the server serves."),
    "restore": ("restore:restore", "Make a data folder out of a backup."),
    "config": ("config:config", "Print every setting, where it came from and what it means."),
    "completion": ("completion:completion", "Print what makes a shell complete commands and flags."),
}
"""Where each command is and what it does. It is imported when it is called: nobody waits for the libraries of the others."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of ``arguments`` (the process's if left out); its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _make_output_safe()
    try:
        return _run(words)
    except (CommandError, SettingError, CycloptsError) as error:
        print(f"rooms: {_sentence(error, words)}", file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(f"rooms: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, as in `rooms list | head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def make_app() -> App:
    """The commands and their flags."""
    app = App(
        name="rooms",
        help="A server of durable, hibernating WebSocket rooms.",
        version=_version(),
        version_flags=["--version"],
        help_format="plaintext",
    )
    for name, (where, help_line) in COMMANDS.items():
        app.command(f"gateway.commands.{where}", name=name, help=help_line)
    app.command(_bench, name="bench", help_flags=[], version_flags=[])
    return app


def _bench(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """The load test of the checkout; it has a --help of its own."""
    from gateway.commands.bench import bench

    return bench(*arguments)


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
