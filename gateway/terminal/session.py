"""The full-screen chat on its trio side: the client, the desk, and what goes back and forth to the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import trio

from gateway.terminal.contact import Unreachable, first_contact, sentence
from gateway.terminal.desk import Desk
from gateway.terminal.plain import Opened
from gateway.terminal.view import View
from rooms.client import ClientError

SHOW_SECONDS = 0.03
"""The screen is given something new at most this often."""


class Session:
    """``run`` it on trio; the other methods are called from the screen's side. ``show`` is given each view."""

    def __init__(self, open: Opened, url: str, room: str, display_name: str | None, show: Callable[[View], None]) -> None:
        self._open = open
        self._url = url
        self._room = room
        self._display_name = display_name
        self._show = show
        self._token: trio.lowlevel.TrioToken | None = None
        self._nursery: trio.Nursery | None = None
        self._desk: Desk | None = None
        self._dirty = trio.Event()
        self._is_quitting = False

    async def run(self) -> None:
        """Chat until ``quit``. Raises ``Unreachable`` if it cannot begin."""
        self._token = trio.lowlevel.current_trio_token()
        async with self._open() as client, trio.open_nursery() as nursery:
            self._nursery = nursery
            if self._is_quitting:
                nursery.cancel_scope.cancel()
            desk = Desk(client, self._changed, nursery.cancel_scope.cancel, self._display_name)
            self._desk = desk
            nursery.start_soon(self._show_views, desk)
            try:
                await first_contact(client, self._url)
                nursery.start_soon(desk.follow)
                nursery.start_soon(desk.tick)
                await desk.enter(self._room)
            except ClientError as error:
                raise Unreachable(sentence(error, self._url)) from error

    def do(self, act: Callable[[Desk], None]) -> None:
        """Call ``act`` with the desk, on trio."""
        self._soon(lambda: act(self._desk) if self._desk is not None else None)

    def start(self, act: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run an async method of the desk, as ``session.start(Desk.follow_line, line)``."""
        self._soon(lambda: self._start(act, *arguments))

    def quit(self) -> None:
        """End it; ``run`` returns when all goodbyes are said."""
        self._is_quitting = True
        self._soon(lambda: self._nursery.cancel_scope.cancel() if self._nursery is not None else None)

    def _soon(self, act: Callable[[], object]) -> None:
        if self._token is not None:
            with suppress(trio.RunFinishedError):  # a key that was hit after the end
                self._token.run_sync_soon(act)

    def _start(self, act: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        if self._nursery is not None and self._desk is not None:
            self._nursery.start_soon(act, self._desk, *arguments)

    def _changed(self) -> None:
        self._dirty.set()

    async def _show_views(self, desk: Desk) -> None:
        while True:
            self._dirty = trio.Event()
            self._show(desk.view())
            await trio.sleep(SHOW_SECONDS)
            await self._dirty.wait()
