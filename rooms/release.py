"""Lets be heard what the output gate freed: each socket gets its frames in one piece, a broadcast is encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rooms.effects import Broadcast
from rooms.payload import Bundle, Encoded, Message

if TYPE_CHECKING:
    from rooms.audience import Audience
    from rooms.connection import Connection
    from rooms.effects import Effect

_Mark = tuple[int, Message | None]
"""Where one connection departs from what all hear: a message of its own before the shared one of that place, or ``None``: without that."""


def let_be_heard(said: Sequence[Sequence[Effect]]) -> None:
    """Release all that was ``said``, in order."""
    if len(said) == 1 and len(said[0]) == 1:
        effect = said[0][0]
        if effect.__class__ is Broadcast and not effect.without:
            _broadcast_alone(effect)
            return
    release = Release()
    for effects in said:
        for effect in effects:
            effect.release(release)
    release.cut()


def _broadcast_alone(broadcast: Broadcast) -> None:
    """By far the most frequent thing to be heard needs no merging."""
    bundle = Bundle((broadcast.message,))
    for connection in broadcast.audience.members:
        connection.peer.send_nowait(bundle)


class Release:
    """Walks effects in order and merges what the same sockets hear.

    A *run* is a stretch of effects with one audience. Connections that hear exactly the run's broadcasts share
    one ``Bundle``; one that also hears something of its own, or less, gets a bundle of its own, in the same order.
    """

    __slots__ = ("_audience", "_marks", "_shared")

    def __init__(self) -> None:
        self._audience: Audience | None = None
        self._shared: list[Message] = []
        self._marks: dict[Connection, list[_Mark]] = {}

    def broadcast(self, audience: Audience, message: Message, without: tuple[Connection, ...]) -> None:
        """``message`` to everybody in ``audience`` but ``without``."""
        if audience is not self._audience:
            if self._audience is not None:
                self.cut()
            self._audience = audience
        for connection in without:
            self._mark(connection, None)
        self._shared.append(message)

    def send(self, connection: Connection, message: Message) -> None:
        """``message`` to one connection."""
        self._mark(connection, message)

    def cut(self) -> None:
        """End the run: hand every peer what it is to hear."""
        audience, shared, marks = self._audience, self._shared, self._marks
        if audience is None and not marks:
            return
        self._audience, self._shared, self._marks = None, [], {}
        once: Encoded | None = {} if shared and marks else None
        if audience is not None:
            self._send_shared(audience, shared, marks, once)
        for connection, own in marks.items():
            self._send_own(connection, [message for _, message in own if message is not None], once)

    def _mark(self, connection: Connection, message: Message | None) -> None:
        mark = (len(self._shared), message)
        own = self._marks.get(connection)
        if own is None:
            self._marks[connection] = [mark]
        else:
            own.append(mark)

    def _send_shared(
        self,
        audience: Audience,
        shared: Sequence[Message],
        marks: dict[Connection, list[_Mark]],
        once: Encoded | None,
    ) -> None:
        bundle = Bundle(shared, once)
        if not marks:
            for connection in audience.members:
                connection.peer.send_nowait(bundle)
            return
        for connection in audience.members:
            own = marks.pop(connection, None)
            if own is None:
                connection.peer.send_nowait(bundle)
            else:
                self._send_own(connection, _merged(shared, own), once)

    def _send_own(self, connection: Connection, messages: Sequence[Message], once: Encoded | None) -> None:
        if messages:
            connection.peer.send_nowait(Bundle(messages, once))


_SKIP: Final = None


def _merged(shared: Sequence[Message], own: Sequence[_Mark]) -> list[Message]:
    messages: list[Message] = []
    at = 0
    for place, message in own:
        messages += shared[at:place]
        at = place
        if message is _SKIP:
            at += 1
        else:
            messages.append(message)
    messages += shared[at:]
    return messages
