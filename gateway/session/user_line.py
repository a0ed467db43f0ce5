"""The line of a socket of many rooms to its user's room: how it hears of private messages. It is the peer that the room sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.session.services import RoomEnd
from rooms import Bundle, Envelope, Event, Identity, Message, Refusal
from rooms.kinds.users import WELCOME

if TYPE_CHECKING:
    from gateway.session.codec import Ref
    from gateway.session.many_rooms_session import ManyRoomsSession


class UserLine:
    """Of ``session`` to the room of ``user``. ``room`` is the room's end, ``None`` while there is none."""

    __slots__ = ("is_refused", "room", "session", "user", "waiting_ref")

    def __init__(self, session: ManyRoomsSession, user: str, ref: Ref) -> None:
        self.session = session
        self.user = user
        self.room: RoomEnd | None = None
        self.is_refused = False
        self.waiting_ref = ref
        """Of the request that is answered by the room's welcome."""

    @property
    def identity(self) -> Identity:
        """Who it is now."""
        return self.session.identity

    def send_nowait(self, bundle: Bundle) -> None:
        """Write what the room released; its welcome becomes the session's ``hello``."""
        if not any(map(_is_welcome, bundle.messages)):
            self.session.pass_on(bundle)
            return
        with self.session.contained:
            for message in bundle.messages:
                if isinstance(message, Event) and message.type == WELCOME:
                    self.session.granted(message.data["rooms"])
                    self.session.welcomed(message.data["conversations"], message.ref)
                else:
                    self.session.pass_on(Bundle([message]))

    def close_nowait(self, code: int, reason: str) -> None:
        """The room never ends it but with itself."""
        self.end(code, reason, clean=True)

    def refused(self, refusal: Refusal) -> None:
        """The room cannot serve: the socket goes on without private messages, until a token is refreshed."""
        self.room = None
        self.is_refused = True
        with self.session.contained:
            self.session.line_refused(self, refusal)

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        """A request had no effect."""
        with self.session.contained:
            if isinstance(message, Envelope) and message.type == WELCOME:
                self.session.welcomed([], message.ref)
            else:
                self.session.line_failed(message, refusal)

    def pause(self) -> None:
        """Never for envelopes: a full mailbox refuses them."""

    def resume(self) -> None:
        """See ``pause``."""

    def post_nowait(self, envelope: Envelope) -> bool:
        """Ask the room; ``False`` if it cannot take it."""
        return self.room is not None and self.room.post_nowait(envelope)

    def end(self, code: int, reason: str, clean: bool) -> None:
        """Tell the room that it is over, once."""
        room, self.room = self.room, None
        if room is not None:
            room.gone(code, reason, clean)


def _is_welcome(message: Message) -> bool:
    return isinstance(message, Event) and message.type == WELCOME
