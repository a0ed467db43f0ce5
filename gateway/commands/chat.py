"""``rooms chat``: a chat in the terminal."""

from __future__ import annotations

import getpass
import secrets
import sys
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from gateway.commands.errors import CommandError, CommandFailed
from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.names import DISPLAY_NAME_CHARACTERS_MAX, display_name_of, name_of
from gateway.settings import Settings
from gateway.terminal.contact import Unreachable
from gateway.terminal.plain import Opened, chat_in_lines
from rooms.client import Guest, open_client, socket_url

GUEST_KEY_FILE = ".local/state/rooms/guest.key"


def chat(
    name: Annotated[str, Parameter(help="The room.")],
    /,
    *,
    url: Annotated[str | None, Parameter(help="The server. [default: where `rooms serve` here listens]")] = None,
    display_name: Annotated[str | None, Parameter(name="--name", help="What a guest is called. [default: the name of this login]")] = None,
    token: Annotated[str | None, Parameter(help="A token, or @FILE with one in it. [default: be a guest]")] = None,
    plain: Annotated[bool, Parameter(negative=(), show_default=False, help="Line by line, as it is without a terminal.")] = False,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Talk in a room. In a terminal full-screen, /help shows what there is; in a pipe or with --json line by line."""
    room = name_of(name)
    if room is None:
        raise CommandError(f"no room can be called {name!r}: 1 to 128 characters, no / and no *, no control characters")
    where = url or _here(settings_of(data, config))
    try:
        address = socket_url(where).removesuffix("/ws")
    except ValueError as error:
        raise CommandError(f"--url {error}") from error
    called = _display_name(display_name)
    bearer = _token(token)
    open = partial(open_client, address, token=bearer, guest=None if bearer else Guest(name=called, key=_guest_key(called)))
    if plain or json or not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return 0 if _run_plain(open, where, room, called, json=json) else 1
    _run_full_screen(open, where, room, called)
    return 0


def _run_plain(open: Opened, url: str, room: str, display_name: str, *, json: bool) -> bool:
    try:
        return trio.run(partial(chat_in_lines, open, url, room, display_name, sys.stdin, json=json))
    except* Unreachable as group:
        raise CommandFailed(str(_first(group))) from None
    except* (BrokenPipeError, KeyboardInterrupt) as group:  # the reader has seen enough; Ctrl-C
        raise _first(group) from None


def _run_full_screen(open: Opened, url: str, room: str, display_name: str) -> None:
    try:
        from gateway.terminal.chat_app import ChatApp
    except ImportError as error:
        raise CommandError(f"the full screen needs the package {error.name}: install rooms[chat], or use --plain") from error
    ended = ChatApp(open, url, room, display_name).run()
    if ended is None:
        return
    first = _first(ended)
    if isinstance(first, Unreachable):
        raise CommandFailed(str(first))
    raise ended


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _here(settings: Settings) -> str:
    host = settings.host if settings.host not in ("0.0.0.0", "::", "") else "127.0.0.1"
    return f"{'https' if settings.tls_cert_file else 'http'}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _display_name(given: str | None) -> str:
    if given is not None:
        if display_name_of(given) is None:
            raise CommandError(f"--name {given!r} cannot be shown: 1 to {DISPLAY_NAME_CHARACTERS_MAX} characters, no control characters")
        return given
    with suppress(OSError, KeyError):
        return display_name_of(getpass.getuser()) or "guest"
    return "guest"


def _token(given: str | None) -> str | None:
    if given is None or not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--token {given}: {error}") from error


def _guest_key(called: str) -> str:
    """What makes this login, called so, the same guest each time; where nothing can be kept, another each time."""
    return sha256(f"{_secret()} {called}".encode()).hexdigest()


def _secret() -> str:
    path = Path.home() / GUEST_KEY_FILE
    with suppress(OSError):
        return path.read_text("ascii")
    secret = secrets.token_hex(16)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(secret, "ascii")
    return secret
