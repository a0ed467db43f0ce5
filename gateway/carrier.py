"""The seam between what moves a socket's bytes (carrier) and what they mean (session). Both sides are synchronous."""

from __future__ import annotations

from typing import Protocol


class Carrier(Protocol):
    """One WebSocket's bytes. Two exist: stream (trio-websocket over any trio stream) and hub (one epoll for all plain TCP)."""

    def send_nowait(self, frames: bytes) -> None:
        """Write whole, ready frames at once, or queue them within the outbox's bound; past the bound the socket is closed with 4413."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake after what was sent; the carrier bounds its time and then calls ``Session.gone`` once."""

    def pause(self) -> None:
        """Hand no further frame to the session until ``resume``, from the very next one on; the ping timeout is suspended meanwhile."""

    def resume(self) -> None:
        """Hand frames over again, those already read first."""


class Receiver(Protocol):
    """The session, as a carrier sees it. Neither call waits or raises."""

    def frame(self, message: str | bytes) -> None:
        """One whole message: ``str`` of a text message, ``bytes`` of a binary one."""

    def gone(self, code: int, reason: str, clean: bool) -> None:
        """The socket is over; called exactly once.

        ``code`` is the peer's close code (1005: none given, 1006: no close frame); ``clean``: the closing handshake was done.
        """
