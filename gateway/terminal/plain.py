"""The chat line by line, for pipes and for terminals that can do no more: what is said goes to stdout, what is read is said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TextIO

import trio

from gateway.commands.output import print_line
from gateway.terminal.contact import Unreachable, first_contact, sentence
from gateway.terminal.slash_commands import Command, Mistake, read
from rooms.client import Client, ClientError, Edited, Message, MessageEvent, Outgoing, Reset, Room, StateChanged

Opened = Callable[[], AbstractAsyncContextManager[Client]]
SHOWN_AT_FIRST = 20


async def chat_in_lines(opened: Opened, url: str, room_name: str, display_name: str | None, source: TextIO) -> None:
    """Show a room's last messages and whatever comes, and say each line of ``source`` until it ends. Raises ``Unreachable``."""
    async with opened() as client:
        await first_contact(client, url)
        try:
            room = await client.join(room_name, display_name=display_name)
        except ClientError as error:
            raise Unreachable(sentence(error, url)) from error
        for message in room.messages[-SHOWN_AT_FIRST:]:
            _show(message)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_follow, room, url)
            await _say_all(room, source)
            nursery.cancel_scope.cancel()


async def _follow(room: Room, url: str) -> None:
    async for event in room.events():
        match event:
            case MessageEvent():
                _show(event.message)
            case Edited() if (message := room.get(event.id)) is not None:
                _show(message, " (edited)")
            case Reset():
                _complain("what was said in between is lost")
            case StateChanged(state="ended"):
                raise Unreachable(sentence(event.error, url))


async def _say_all(room: Room, source: TextIO) -> None:
    """Each line is said; at the end what is still on its way is waited for."""
    said: list[Outgoing] = []
    while line := await trio.to_thread.run_sync(source.readline, abandon_on_cancel=True):
        said = [outgoing for outgoing in said if not await _is_settled(outgoing)]
        typed = read(line.rstrip("\r\n"))
        if isinstance(typed, Command) and typed.name == "quit":
            break
        if isinstance(typed, Command) and typed.name == "me":
            said.append(await _send(room, typed.rest, {"me": True}))
        elif isinstance(typed, Command):
            _complain(f"/{typed.name} needs the full screen; here only /me and /quit are understood")
        elif isinstance(typed, Mistake):
            _complain(typed.words)
        elif typed.strip():
            said.append(await _send(room, typed))
    for outgoing in said:
        await _is_settled(outgoing, wait=True)


async def _send(room: Room, text: str, meta: dict[str, bool] | None = None) -> Outgoing:
    """Send it, when there is room for it: a pipe can be faster than any server."""
    while len(room.pending) >= QUEUED_MAX:
        await _is_settled(room.pending[0], wait=True)
    return room.send_nowait(text, meta=meta)


QUEUED_MAX = 100


async def _is_settled(outgoing: Outgoing, *, wait: bool = False) -> bool:
    """Whether it was sent or failed, which is said."""
    if outgoing.state == "sending" and not wait:
        return False
    try:
        await outgoing.wait()
    except ClientError as error:
        _complain(f"not sent: {outgoing.text!r}: {error}")
    return True


def _show(message: Message, mark: str = "") -> None:
    text = "(deleted)" if message.deleted else message.message
    who = f"* {message.name or message.from_} " if (message.meta or {}).get("me") else f"{message.name or message.from_}: "
    print_line(f"{message.time[11:16]} {who}{text}{mark}")
    sys.stdout.flush()


def _complain(words: str) -> None:
    print(f"rooms chat: {words}", file=sys.stderr)
