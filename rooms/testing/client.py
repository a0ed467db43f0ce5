"""The far end of a connection, as a test holds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from rooms.envelope import Envelope
from rooms.identity import Identity
from rooms.payload import Bundle
from rooms.refusal import Refusal

if TYPE_CHECKING:
    from rooms.connection import Connection


class Failure(NamedTuple):
    """A message that had no effect, and why."""

    message: Any
    refusal: Refusal


class Client:
    """Records what it is sent, and sends what it is told. Every ``async`` call returns when the rooms have nothing more to do.

    ``received``: messages in order; ``bundles``: the same as they came, in one piece each. ``refusal``: why it was not
    let in; ``failures``: messages that had no effect; ``closed``: the code and reason with which it ended.
    """

    connection: Connection

    def __init__(self, identity: Identity, requests: Any, settle: Callable[[], Awaitable[None]], soon: Callable[..., None]) -> None:
        self.identity = identity
        self.received: list[Any] = []
        self.bundles: list[list[Any]] = []
        self.refusal: Refusal | None = None
        self.failures: list[Failure] = []
        self.closed: tuple[int, str] | None = None
        self.is_paused = False
        self._requests = requests
        self._settle = settle
        self._soon = soon

    async def send(self, message: str | bytes) -> None:
        """Send a frame (raw kinds)."""
        self.post(message)
        await self._settle()

    async def request(self, type: str, ref: str | int | None = None, **data: Any) -> None:
        """Send a request (envelope kinds): ``data`` is checked against the struct the kind declares for ``type``."""
        self.post(Envelope(type, msgspec.convert(data, self._requests[type]), ref))
        await self._settle()

    async def send_message(self, text: str, **data: Any) -> None:
        """Send a request of type ``message``."""
        await self.request("message", message=text, **data)

    async def leave(self, code: int = 1000, reason: str = "", clean: bool = True) -> None:
        """Close the socket."""
        self.closed = (code, reason)
        self.connection.gone(code, reason, clean)
        await self._settle()

    def post(self, message: Envelope | str | bytes) -> bool:
        """Send without waiting. ``False``: the mailbox is full."""
        answer = self.connection.auto_response(message)
        if answer is not None:
            self.received.append(answer)
            return True
        return self.connection.post_nowait(message)

    # what rooms call

    def send_nowait(self, bundle: Bundle) -> None:
        if self.closed is None:
            self.bundles.append(list(bundle.messages))
            self.received.extend(bundle.messages)

    def close_nowait(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)
            self._soon(self._gone)

    def refused(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        self.failures.append(Failure(message, refusal))

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    async def _gone(self) -> None:
        assert self.closed is not None
        self.connection.gone(*self.closed, True)
