"""What a turn wants heard. Each effect knows how it is released; nothing of it happens before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from rooms.payload import Message

if TYPE_CHECKING:
    from rooms.audience import Audience
    from rooms.connection import Connection
    from rooms.release import Release


class Effect(Protocol):
    """One thing said in a turn."""

    def release(self, release: Release) -> None:
        """Let it be heard."""


class Send(msgspec.Struct, gc=False, eq=False):
    """A message to one connection."""

    connection: Connection
    message: Message

    def release(self, release: Release) -> None:
        release.send(self.connection, self.message)


class Broadcast(msgspec.Struct, gc=False, eq=False):
    """A message to all of an audience but ``without``."""

    audience: Audience
    message: Message
    without: tuple[Connection, ...]

    def release(self, release: Release) -> None:
        release.broadcast(self.audience, self.message, self.without)


class Close(msgspec.Struct, gc=False, eq=False):
    """The end of a connection, after what was sent to it before."""

    connection: Connection
    code: int
    reason: str

    def release(self, release: Release) -> None:
        release.cut()
        self.connection.peer.close_nowait(self.code, self.reason)


class Notice(msgspec.Struct, gc=False, eq=False):
    """A word to a peer beside its frames, such as a refusal; it keeps its place among them."""

    say: Callable[..., None]
    arguments: tuple[Any, ...]

    def release(self, release: Release) -> None:
        release.cut()
        self.say(*self.arguments)


class Act(msgspec.Struct, gc=False, eq=False):
    """Anything that no socket hears: an answer, a call to another room, the start of background work."""

    act: Callable[..., None]
    arguments: tuple[Any, ...]

    def release(self, _release: Release) -> None:
        self.act(*self.arguments)
