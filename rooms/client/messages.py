"""What the server tells of: messages, users, pages of history. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class Message(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A message in its present state. ``changed`` is the seq of its last event; ``from_`` is ``from`` on the wire."""

    id: str
    seq: int
    from_: str = field(name="from")
    changed: int = 0
    room: str | None = None
    to: str | None = None
    name: str = ""
    message: str = ""
    time: str = ""
    cid: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()
    meta: dict[str, Any] | None = None
    edited: bool = False
    deleted: bool = False
    pinned: bool = False
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    snippet: str | None = None


class User(Struct, kw_only=True, frozen=True):
    """A user who is there. ``connections`` counts their sockets."""

    user: str
    name: str = ""
    avatar: str | None = None
    meta: dict[str, Any] | None = None
    connections: int = 1
    since: str | None = None


class Sent(Struct, frozen=True):
    """A message that the server has stored."""

    id: str
    seq: int
    cid: str


class Page(Struct, kw_only=True, frozen=True):
    """A page of history, ascending. ``recovered``: exactly what changed since ``since``; ``more``: there is more in that direction."""

    messages: tuple[Message, ...] = ()
    head: int = 0
    epoch: str = ""
    more: bool = False
    recovered: bool = False
    reads: dict[str, int] = field(default_factory=dict)


class Results(Struct, kw_only=True, frozen=True):
    """What a search found, best first; ``cursor`` asks for the next page."""

    messages: tuple[Message, ...] = ()
    cursor: str | None = None


class Members(Struct, kw_only=True, frozen=True):
    """Who is there: ``online`` counts all, ``users`` are those who were asked for."""

    users: tuple[User, ...] = ()
    online: int = 0
    more: bool = False


class Joined(Struct, kw_only=True, frozen=True):
    """The answer to ``join``: the state of the room, and what was missed."""

    room: str
    title: str = ""
    topic: str = ""
    role: str = "member"
    online: int = 0
    users: tuple[User, ...] = ()
    reads: dict[str, int] = field(default_factory=dict)
    history: tuple[Message, ...] = ()
    head: int = 0
    epoch: str = ""
    recovered: bool = False
    more: bool = False

    @property
    def page(self) -> Page:
        """Its part of the history."""
        return Page(messages=self.history, head=self.head, epoch=self.epoch, more=self.more, recovered=self.recovered)


class KnownConversation(Struct, kw_only=True, frozen=True):
    """One of the user's private conversations."""

    with_: str = field(name="with")
    unread: int = 0
    head: int = 0
    last: Message | None = None
    blocked: bool = False
