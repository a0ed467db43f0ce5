"""Requests and their answers, matched by ``ref``; asked again over lost connections where that does no harm."""

from __future__ import annotations

from typing import Any, Protocol

import trio

from rooms.client.errors import OutcomeUnknown, QueueFull, Refused, RequestTimeout
from rooms.client.host import Asked
from rooms.client.outbox import INTERNAL_TRIES_MAX, PASSING, refusal_in
from rooms.client.settings import ClientSettings
from rooms.client.wire import Envelope

HARMLESS = frozenset(
    {
        *("history", "who", "search", "conversations", "stats", "ping"),
        *("edit", "delete", "react", "pin", "read", "room", "leave"),
        *("block", "ban", "unban", "mute", "unmute", "role"),
    }
)
"""Requests that asked twice do what they do once."""


class Sender(Protocol):
    """What carries the requests."""

    settings: ClientSettings

    def send(self, type: str, data: dict[str, Any], ref: int | None) -> bool:
        """Write one envelope; ``False`` if it is too large."""

    def may_go(self, data: dict[str, Any]) -> bool:
        """Whether it can be answered now. Raises ``ClientClosed``."""

    async def wait_changed(self) -> None:
        """Wait until that may be another."""

    def jitter(self, tries: int) -> float:
        """Seconds to wait before trying again."""


class Requests:
    """Those on the wire, by ref."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._asked: dict[int, tuple[Asked, float]] = {}  # and when it was put on the wire
        self._last_ref = 0
        self._asking = 0

    def put(self, type: str, data: dict[str, Any], asked: Asked) -> bool:
        """Put one on the wire; ``asked`` hears what becomes of it. ``False`` if it is too large."""
        self._last_ref += 1
        self._asked[self._last_ref] = (asked, trio.current_time())
        if self._sender.send(type, data, self._last_ref):
            return True
        del self._asked[self._last_ref]
        return False

    def answered(self, envelope: Envelope) -> bool:
        """Give an answer to whoever asked. ``False`` if nobody did."""
        found = self._asked.pop(envelope.ref, None) if isinstance(envelope.ref, int) else None
        if found is None:
            return False
        asked, _ = found
        asked.answered(envelope.type, envelope.data)
        return True

    def lost(self) -> None:
        """The connection is gone: nothing on the wire is answered any more."""
        lost, self._asked = self._asked, {}
        for asked, _ in lost.values():
            asked.lost()

    async def watch(self) -> None:
        """Tell those whose answer is overdue, for ever."""
        patience_seconds = self._sender.settings.request_timeout_seconds
        while True:
            await trio.sleep(patience_seconds / 5)
            overdue = [ref for ref, (_, at) in self._asked.items() if trio.current_time() - at >= patience_seconds]
            for asked, _ in [self._asked.pop(ref) for ref in overdue]:
                asked.late()

    async def ask(self, type: str, data: dict[str, Any], retry: bool | None, timeout_seconds: float | None) -> dict[str, Any]:
        """See ``Client.request``."""
        if self._asking >= self._sender.settings.requests_max:
            raise QueueFull(self._asking)
        seconds = self._sender.settings.request_timeout_seconds if timeout_seconds is None else timeout_seconds
        asking = _Asking(type, data, type in HARMLESS if retry is None else retry)
        self._asking += 1
        try:
            with trio.move_on_after(seconds):
                return await self._ask(asking)
        finally:
            self._asking -= 1
            self._forget(asking)
        if asking.is_on_the_wire and not asking.retry:
            raise OutcomeUnknown(type)
        raise RequestTimeout(type, seconds)

    async def _ask(self, asking: _Asking) -> dict[str, Any]:
        tries = 0
        while True:
            while not self._sender.may_go(asking.data):
                await self._sender.wait_changed()
            asking.begin()
            if not self.put(asking.type, asking.data, asking):
                raise Refused("too_large", "the request is too large")
            await asking.over.wait()
            if asking.error is None:
                return asking.answer
            if not asking.retry:
                raise asking.error
            if isinstance(asking.error, Refused):
                tries += 1
                if asking.error.code not in PASSING or (asking.error.code == "internal" and tries >= INTERNAL_TRIES_MAX):
                    raise asking.error
                wait_ms = asking.error.retry_after_ms
                await trio.sleep(self._sender.jitter(tries) if wait_ms is None else wait_ms / 1000)

    def _forget(self, asking: _Asking) -> None:
        for ref in [ref for ref, (asked, _) in self._asked.items() if asked is asking]:
            del self._asked[ref]


class _Asking:
    """One request, over as many connections as it takes."""

    def __init__(self, type: str, data: dict[str, Any], retry: bool) -> None:
        self.type = type
        self.data = data
        self.retry = retry
        self.is_on_the_wire = False
        self.answer: dict[str, Any] = {}
        self.error: Refused | OutcomeUnknown | None = None
        self.over = trio.Event()

    def begin(self) -> None:
        """It goes out (again)."""
        self.is_on_the_wire, self.error, self.over = True, None, trio.Event()

    def answered(self, type: str, data: dict[str, Any]) -> None:
        self.is_on_the_wire, self.answer = False, data
        self.error = refusal_in(data) if type == "error" else None
        self.over.set()

    def lost(self) -> None:
        self.is_on_the_wire, self.error = False, OutcomeUnknown(self.type)
        self.over.set()

    def late(self) -> None:
        """It has a timeout of its own."""
