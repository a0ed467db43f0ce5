"""The far end of a connection, as rooms see it. The gateway supplies it; nothing here waits or raises."""

from __future__ import annotations

from typing import Protocol

from rooms.envelope import Envelope
from rooms.identity import Identity
from rooms.payload import Bundle
from rooms.refusal import Refusal


class Peer(Protocol):
    """One membership of one socket in one room. Every call returns at once and never raises."""

    @property
    def identity(self) -> Identity:
        """Who it is now; a refreshed token changes it while the connection stays."""

    def send_nowait(self, bundle: Bundle) -> None:
        """Write, or queue within the socket's bound, what the room released. After a close it does nothing."""

    def close_nowait(self, code: int, reason: str) -> None:
        """End the connection after what was sent before. The room is told by ``Connection.gone``."""

    def refused(self, refusal: Refusal) -> None:
        """``on_connect`` refused, or the room cannot serve: the connection never was."""

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        """A message had no effect, or an unknown one: its turn raised, was undone, or found no connection."""

    def pause(self) -> None:
        """The mailbox is full: hand over nothing more until ``resume``."""

    def resume(self) -> None:
        """There is room again."""
