"""The chat line by line, for pipes and for terminals that can do no more: what is said goes to stdout, what is read is said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TextIO

import msgspec
import trio

from gateway.commands.output import print_json, print_line
from gateway.terminal.contact import Unreachable, first_contact, sentence
from gateway.terminal.slash_commands import Command, Mistake, read
from rooms.client import Client, ClientError, Edited, Message, MessageEvent, Outgoing, Reset, Room, StateChanged

Opened = Callable[[], AbstractAsyncContextManager[Client]]
Shown = Callable[[Message], None]

SHOWN_AT_FIRST = 20

QUEUED_MAX = 100
"""Lines that may be on their way; the next is read when one of them has arrived."""

ECHO_SECONDS = 10.0
"""How long the end waits for one's own last message to be heard."""


async def chat_in_lines(opened: Opened, url: str, room_name: str, display_name: str | None, source: TextIO, *, json: bool) -> bool:
    """Show a room's last messages and whatever comes, and say each line of ``source`` until it ends. Whether every line was sent.

    With ``json`` a message is an object. Raises ``Unreachable``.
    """
    async with opened() as client:
        await first_contact(client, url)
        try:
            room = await client.join(room_name, display_name=display_name)
        except ClientError as error:
            raise Unreachable(sentence(error, url)) from error
        show = show_object if json else show_line
        for message in room.messages[-SHOWN_AT_FIRST:]:
            show(message)
        async with trio.open_nursery() as nursery:
            heard = Heard(room, url, show)
            nursery.start_soon(heard.follow)
            speaker = Speaker(room)
            await speaker.say_all(source)
            await heard.wait(speaker.seq)
            nursery.cancel_scope.cancel()
        return not speaker.has_failed


class Heard:
    """Shows what comes in one room. ``seq`` is that of the last message shown."""

    def __init__(self, room: Room, url: str, show: Shown) -> None:
        self.seq = room.head
        self._room = room
        self._events = room.events()
        self._url = url
        self._show = show
        self._more = trio.Event()

    async def follow(self) -> None:
        """Until it is cancelled. Raises ``Unreachable`` when the room is over."""
        async for event in self._events:
            match event:
                case MessageEvent():
                    self._show(event.message)
                    self.seq = event.message.seq
                    self._more.set()
                case Edited() if (message := self._room.get(event.id)) is not None:
                    self._show(message)
                case Reset():
                    complain("what was said in between is lost")
                case StateChanged(state="ended"):
                    raise Unreachable(sentence(event.error, self._url))

    async def wait(self, seq: int) -> None:
        """Wait until the message ``seq`` was shown: an acknowledgement comes before what it acknowledges."""
        with trio.move_on_after(ECHO_SECONDS):
            while self.seq < seq:
                self._more = trio.Event()
                await self._more.wait()


class Speaker:
    """Says lines. ``seq`` is that of the last one that arrived."""

    def __init__(self, room: Room) -> None:
        self.seq = 0
        self.has_failed = False
        self._room = room

    async def say_all(self, source: TextIO) -> None:
        """Each line is said; at the end what is still on its way is waited for."""
        said: list[Outgoing] = []
        while line := await trio.to_thread.run_sync(source.readline, abandon_on_cancel=True):
            said = [outgoing for outgoing in said if not await self._is_settled(outgoing)]
            typed = read(line.rstrip("\r\n"))
            if isinstance(typed, Command) and typed.name == "quit":
                break
            if isinstance(typed, Command) and typed.name == "me":
                said.append(await self._send(typed.rest, {"me": True}))
            elif isinstance(typed, Command):
                complain(f"/{typed.name} needs the full screen; here only /me and /quit are understood")
            elif isinstance(typed, Mistake):
                complain(typed.words)
            elif typed.strip():
                said.append(await self._send(typed))
        for outgoing in said:
            await self._is_settled(outgoing, wait=True)

    async def _send(self, text: str, meta: dict[str, bool] | None = None) -> Outgoing:
        """Send it, when there is room for it: a pipe can be faster than any server."""
        while sum(outgoing.state == "sending" for outgoing in self._room.pending) >= QUEUED_MAX:
            await self._is_settled(next(outgoing for outgoing in self._room.pending if outgoing.state == "sending"), wait=True)
        return self._room.send_nowait(text, meta=meta)

    async def _is_settled(self, outgoing: Outgoing, *, wait: bool = False) -> bool:
        """Whether it was sent or failed, which is said."""
        if outgoing.state == "sending" and not wait:
            return False
        try:
            self.seq = max(self.seq, (await outgoing.wait()).seq)
        except ClientError as error:
            self.has_failed = True
            complain(f"not sent: {outgoing.text!r}: {error}")
        return True


def show_line(message: Message) -> None:
    """``20:07 Ada: Hello``."""
    text = "(deleted)" if message.deleted else message.message
    who = f"* {message.name or message.from_} " if (message.meta or {}).get("me") else f"{message.name or message.from_}: "
    print_line(f"{message.time[11:16]} {who}{text}{' (edited)' if message.edited else ''}")
    sys.stdout.flush()


def show_object(message: Message) -> None:
    """A message as the protocol has it."""
    print_json(msgspec.to_builtins(message))
    sys.stdout.flush()


def complain(words: str) -> None:
    """A line on stderr."""
    print(f"rooms chat: {words}", file=sys.stderr)
