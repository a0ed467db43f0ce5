"""A membership: one socket in one room. It is the peer that the room sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from gateway.session.services import RoomEnd
from rooms import Bundle, Envelope, Event, Identity, Overview, Refusal, RoomKey

if TYPE_CHECKING:
    from gateway.session.envelope_session import EnvelopeSession

LEFT = "left"
"""A room that closes a membership with 1000 and this reason ends the membership only, also on a socket of one room."""


class Overlooking(Protocol):
    """What of the runtime is needed to know who is in a room."""

    @property
    def overview(self) -> Overview: ...


class Joining:
    """A join that the room has not answered yet: the request's ``ref``, and whether the other rooms are to be left."""

    __slots__ = ("ref", "switch")

    def __init__(self, ref: str | int | None, switch: bool) -> None:
        self.ref = ref
        self.switch = switch


class Membership:
    """Of ``session`` in the room ``key``. ``room`` is the room's end, ``None`` when the membership is over."""

    __slots__ = ("joining", "key", "room", "session")

    def __init__(self, session: EnvelopeSession, key: RoomKey, joining: Joining) -> None:
        self.session = session
        self.key = key
        self.joining: Joining | None = joining
        self.room: RoomEnd | None = None

    @property
    def is_in(self) -> bool:
        """Whether the room has let it in, and it has not ended since."""
        return self.room is not None and self.joining is None

    @property
    def identity(self) -> Identity:
        """Who it is now."""
        identity = self.session.identity
        assert identity is not None, "only who is known joins"
        return identity

    def send_nowait(self, bundle: Bundle) -> None:
        """Write what the room released. The first thing it says shows that the join was accepted."""
        session = self.session
        if self.joining is not None:
            with session.contained:
                self._welcome(bundle)
            return
        if self.room is None:
            bundle = _answers(bundle)
            if not bundle.messages:
                return
        wire = session.format
        session.services.counters.messages_sent += len(bundle.messages)
        session.carrier.send_nowait(bundle.ready.get(wire) or bundle.frames(wire))  # a call less for all but the first to hear it

    def close_nowait(self, code: int, reason: str) -> None:
        """The room ends it: a socket of one room closes, unless the membership was merely left."""
        with self.session.contained:
            self.session.ended_by_room(self, code, reason)

    def refused(self, refusal: Refusal) -> None:
        """The room did not let it in."""
        self.room = None
        with self.session.contained:
            self.session.join_refused(self, refusal)

    def failed(self, message: Envelope | str | bytes | None, refusal: Refusal) -> None:
        """A request had no effect, or an unknown one."""
        with self.session.contained:
            self.session.request_failed(self, message, refusal)

    def pause(self) -> None:
        """Never for envelopes: a full mailbox refuses them."""

    def resume(self) -> None:
        """See ``pause``."""

    def end(self, code: int, reason: str, clean: bool) -> None:
        """Tell the room that it is over, once."""
        if self.is_in:
            self.session.services.company.left(self.key, self.identity.user, clean)
        room, self.room = self.room, None
        if room is not None:
            room.gone(code, reason, clean)

    def _welcome(self, bundle: Bundle) -> None:
        """The room's first words, and behind them what there is to tell the user of who is there."""
        session = self.session
        news = session.joined(self)
        self.send_nowait(bundle)
        if news:
            session.services.company.tell(session.identity.user, news)


def members_of(rooms: Overlooking, key: RoomKey) -> Iterator[Identity]:
    """Who is in the room, once for each socket."""
    for connection in rooms.overview.connections(key):
        if isinstance(connection.peer, Membership) and connection.peer.is_in:
            yield connection.peer.identity


def _answers(bundle: Bundle) -> Bundle:
    """To who has left only answers to its own earlier requests still go."""
    return Bundle([message for message in bundle.messages if isinstance(message, Event) and message.type in ("ack", "error")])
