"""What a socket asks of a private conversation goes by this: it is the peer that the private room sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.session.services import RoomEnd
from rooms import Bundle, Envelope, Identity, Refusal

if TYPE_CHECKING:
    from gateway.session.many_rooms_session import ManyRoomsSession

OPEN_MAX = 4
"""Conversations that one socket asks at a time; the one it asked longest ago is let go. What is said in it comes by the user's line."""


class Conversation:
    """Of ``session`` with the user ``other``. ``room`` is the room's end, ``None`` when it is over."""

    __slots__ = ("other", "refusal", "room", "session")

    def __init__(self, session: ManyRoomsSession, other: str) -> None:
        self.session = session
        self.other = other
        self.room: RoomEnd | None = None
        self.refusal: Refusal | None = None
        """Why the room did not let it in: that is why what was asked meanwhile had no effect."""

    @property
    def identity(self) -> Identity:
        """Who it is now."""
        return self.session.identity

    def send_nowait(self, bundle: Bundle) -> None:
        """Write the room's answers: it says nothing else here."""
        self.session.pass_on(bundle)

    def close_nowait(self, code: int, reason: str) -> None:
        """The room ends it; the next request begins another."""
        self.session.conversation_over(self)
        self.end(code, reason, clean=True)

    def refused(self, refusal: Refusal) -> None:
        """There is no such user, or the room cannot serve. Requests that were sent behind fail for the same reason."""
        self.refusal = refusal
        self.room = None
        self.session.conversation_over(self)

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        """A request had no effect, or an unknown one."""
        with self.session.contained:
            self.session.conversation_failed(self, message, self.refusal or refusal)

    def pause(self) -> None:
        """Never for envelopes: a full mailbox refuses them."""

    def resume(self) -> None:
        """See ``pause``."""

    def end(self, code: int, reason: str, clean: bool) -> None:
        """Tell the room that it is over, once."""
        room, self.room = self.room, None
        if room is not None:
            room.gone(code, reason, clean)
