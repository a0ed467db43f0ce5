"""The door: who decides what becomes of a request, as the edge sees it. The edge reads heads and obeys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.carrier import Carrier, Receiver
from gateway.edge.address import ClientAddress
from gateway.edge.head import Header, RequestHead


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer that is whole already: a refusal before the upgrade. The edge adds ``content-length`` and ``date``."""

    status: int
    headers: Sequence[Header] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Admission:
    """The upgrade is granted: what its 101 says, and how its session begins.

    ``open`` is called once, right after the 101 was given to the carrier to write and before any frame; it neither
    waits nor raises. Whatever it sends follows the 101, and it may close at once: a refusal that the sender reads as a close
    code. If the socket is gone before the 101, ``abandon`` is called in its place: what ``admit`` counted is given back.
    """

    open: Callable[[Carrier], Receiver]
    subprotocol: str | None = None
    headers: Sequence[Header] = field(default=())
    abandon: Callable[[], None] = lambda: None


class ToApplication:
    """The request is plain HTTP: the ASGI application answers it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Later:
    """The decision has to wait (a key must be fetched). The edge awaits ``decide`` within ``head_seconds``."""

    decide: Callable[[], Awaitable[Admission | HttpReply]]


Decision = Admission | HttpReply | ToApplication | Later


class Door(Protocol):
    """Decides about every request. Handed a head whose WebSocket handshake, if it asks for one, is sound."""

    def admit(self, head: RequestHead, client: ClientAddress) -> Decision:
        """What becomes of the request. Does not wait."""
