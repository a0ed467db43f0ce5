"""A room's end of a socket: small, and all that is left of it in memory while the room hibernates."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any

from rooms import effects
from rooms.envelope import Envelope
from rooms.errors import AttachmentTooLarge, BadClose, BadTags, NotSendable
from rooms.identity import Identity
from rooms.payload import Message
from rooms.values import pack, unpack

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.peer import Peer

ATTACHMENT_BYTES_MAX = 16_384
TAGS_MAX = 10
TAG_CHARACTERS_MAX = 256
CLOSE_REASON_BYTES_MAX = 123
_RESERVED_CLOSE_CODES = frozenset({1004, 1005, 1006, 1015})


class Phase(Enum):
    """How far a connection has come."""

    CONNECTING = auto()
    OPEN = auto()
    CLOSING = auto()
    """The room has closed it; the socket is not gone yet."""
    CLOSED = auto()
    REFUSED = auto()
    """It never was."""


class Connection:
    """One membership of one socket in one room.

    Inside a turn the room reads and changes it; every change is part of the turn. The gateway calls
    ``post_nowait``, ``gone`` and ``auto_response``.
    """

    __slots__ = ("_actor", "_attachment", "_tags", "auto_response_ms", "id", "peer", "phase")

    def __init__(self, actor: Actor, id: str, peer: Peer) -> None:
        self._actor = actor
        self._attachment: bytes | None = None
        self._tags: tuple[str, ...] = ()
        self.auto_response_ms: int | None = None
        """When an automatic answer was last sent, in Unix milliseconds."""
        self.id = id
        """Its socket's session. No other connection of the room has it."""
        self.peer = peer
        self.phase = Phase.CONNECTING

    def __repr__(self) -> str:
        return f"<Connection {self.id} of {self.user} to {self._actor.key}>"

    # what rooms use

    @property
    def identity(self) -> Identity:
        """Who is at the other end, as known now: a refreshed token changes it."""
        return self.peer.identity

    @property
    def user(self) -> str:
        """The user's name; the same on every connection of that user."""
        return self.peer.identity.user

    @property
    def is_open(self) -> bool:
        """Whether what is sent now can still arrive."""
        return self.phase is Phase.OPEN

    @property
    def attachment(self) -> Any:
        """Up to 16 KiB that outlive the isolate: a fresh copy at each reading; only assignment changes it. ``None`` at first.

        Assigning raises ``AttachmentTooLarge``, or ``NotStorable`` for what would not come back equal; the old one stays.
        """
        packed = self._attachment
        return None if packed is None else unpack(packed)

    @attachment.setter
    def attachment(self, value: Any) -> None:
        packed = None if value is None else pack(value)
        if packed is not None and len(packed) > ATTACHMENT_BYTES_MAX:
            raise AttachmentTooLarge(len(packed), ATTACHMENT_BYTES_MAX)
        self._actor.staged("assigning an attachment").remember(partial(setattr, self, "_attachment", self._attachment))
        self._attachment = packed

    @property
    def tags(self) -> tuple[str, ...]:
        """Labels to find the connection by: at most 10, each of at most 256 characters. They outlive the isolate.

        Assigning raises ``BadTags``; the old ones stay. Duplicates count once.
        """
        return self._tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        new = _checked_tags(tags)
        self._actor.staged("assigning tags").remember(partial(self._retag, self._tags))
        self._retag(new)

    def send(self, message: Message) -> None:
        """Say something to this connection alone. After its end this has no effect.

        Raises ``NotSendable`` or ``OutsideTurn``; nothing is staged then.
        """
        actor = self._actor
        turn = actor.turn or actor.staged("send")
        if message.__class__ not in actor.kind.sendable:
            raise NotSendable(actor.kind.name, message)
        if self.phase is Phase.OPEN:
            turn.effects.append(effects.Send(self, message))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection after what was sent before. It leaves ``Room.connections`` now; ``on_close`` follows. Again: no effect.

        ``code`` is 1000 to 4999 without those that RFC 6455 §7.4 reserves, ``reason`` at most 123 bytes of UTF-8; else ``BadClose``.
        """
        _check_close(code, reason)
        turn = self._actor.staged("close")
        if self.phase is not Phase.OPEN:
            return
        turn.remember(partial(self._move, Phase.OPEN))
        self._move(Phase.CLOSING)
        turn.effects.append(effects.Close(self, code, reason))

    # what the gateway uses

    def post_nowait(self, message: Envelope | str | bytes) -> bool:
        """Mail one message. ``False``: the mailbox is full and nothing was enqueued (envelope kinds only).

        A raw kind's message is always taken; the peer is paused when that filled the mailbox.
        """
        return self._actor.hear(self, message)

    def gone(self, code: int, reason: str, clean: bool) -> None:
        """The socket, or this membership of it, is over. Called once; ``on_close`` follows if the connection was ever open."""
        self._actor.lost(self, code, reason, clean)

    def auto_response(self, message: Envelope | str | bytes) -> str | bytes | None:
        """The room's automatic answer to ``message``, if it has one; the room is not woken and the time is noted."""
        return self._actor.auto_response_to(self, message)

    # what the actor uses

    def opened(self) -> None:
        """The room begins to hear it."""
        self._move(Phase.OPEN)

    def closed(self) -> None:
        """It is over."""
        self._move(Phase.CLOSED)

    def dismissed(self) -> None:
        """It is over, and the room will not hear of it."""
        self._actor.members.dismiss(self)

    def never_was(self) -> None:
        """It was refused."""
        self._move(Phase.REFUSED)

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self._actor.members.changed()

    def _retag(self, tags: tuple[str, ...]) -> None:
        self._tags = tags
        self._actor.members.changed()


def _checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    if isinstance(tags, str):
        raise BadTags(f"tags are a list of strings, not the string {tags[:20]!r}")
    distinct = tuple(dict.fromkeys(tags))
    if len(distinct) > TAGS_MAX:
        raise BadTags(f"a connection has at most {TAGS_MAX} tags, not {len(distinct)}")
    for tag in distinct:
        if not isinstance(tag, str):
            raise BadTags(f"a tag is a string, not a {type(tag).__name__}")
        if len(tag) > TAG_CHARACTERS_MAX:
            raise BadTags(f"a tag has at most {TAG_CHARACTERS_MAX} characters, not {len(tag)}")
    return distinct


def _check_close(code: int, reason: str) -> None:
    if not 1000 <= code <= 4999 or code in _RESERVED_CLOSE_CODES:
        raise BadClose(f"a connection cannot be closed with code {code}")
    size_bytes = len(reason.encode())
    if size_bytes > CLOSE_REASON_BYTES_MAX:
        raise BadClose(f"a close reason has at most {CLOSE_REASON_BYTES_MAX} bytes, not {size_bytes}")
