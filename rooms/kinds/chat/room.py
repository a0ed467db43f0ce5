"""The chat room: which hook and which request goes where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from rooms import Alarm, Connection, ConnectRequest, Envelope, Refusal, Room
from rooms.kinds.chat import arrival, cids, departure, events, history, members, passing, recall, retention, speaking
from rooms.kinds.chat.lingering import Lingering
from rooms.kinds.chat.pages import Pages
from rooms.kinds.chat.presence import Presence
from rooms.kinds.chat.refusals import NOT_IN_ROOM, UNKNOWN_TYPE
from rooms.kinds.chat.requests import REQUESTS
from rooms.kinds.chat.settings import ChatSettings

Handler = Callable[["ChatRoom", Connection, Any, events.Ref], Refusal | None]


class ChatRoom(Room):
    """Everyone present sees every message, in the same order, and nobody sees one that is not kept.

    Keeps the tables of ``MIGRATIONS`` and one attachment a connection, a ``Membership``. Every request is carried out
    whole or answered with a refusal that changed nothing.
    """

    envelopes = True
    requests = REQUESTS
    migrations = ((*history.TABLES, *cids.TABLES),)
    settings = ChatSettings()

    async def on_start(self) -> None:
        """Nothing is read before it is needed: a room may be woken by a mere goodbye."""
        self.history = history.History(self.name, self.epoch, self.storage)
        self.pages = Pages(self.name, self.storage)
        self.cids = cids.Cids(self.storage)
        self.retention = retention.Retention(self)
        self.lingering = Lingering()

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        """``join`` on a socket that is not in the room."""
        return arrival.join(self, connection, request)

    async def on_message(self, connection: Connection, message: Envelope) -> Refusal | None:
        """Any other request."""
        handler = _HANDLERS.get(message.type)
        if handler is None:
            return UNKNOWN_TYPE
        if self.presence.membership(connection) is None:
            return NOT_IN_ROOM
        return handler(self, connection, message.data, message.ref)

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:  # noqa: ARG002
        """A connection is gone, by its own will or not."""
        departure.closed(self, connection, code, clean)

    async def on_alarm(self, alarm: Alarm) -> None:  # noqa: ARG002
        """Something is to be trimmed or forgotten."""
        self.retention.on_alarm()

    async def on_lingered(self, gone: tuple[str, str, str]) -> None:
        """A user whose last connection was cut has been away for a while."""
        departure.lingered(self, *gone)

    @cached_property
    def presence(self) -> Presence:
        """Who is here."""
        return Presence(self.connections())

    @property
    def is_big(self) -> bool:
        """Whether so many users are here that their coming, going, typing and reading is not told."""
        return self.presence.online > self.settings.presence_users_max

    def name_of(self, connection: Connection) -> str:
        """The display name of whoever is at ``connection``."""
        membership = self.presence.membership(connection)
        return (membership and membership.name) or connection.identity.name

    def session_of(self, connection: Connection) -> str:
        """The session of the socket of a connection that is in the room."""
        membership = self.presence.membership(connection)
        return membership.session if membership else ""


_HANDLERS: Mapping[str, Handler] = {
    "join": arrival.join_again,
    "leave": departure.leave,
    "message": speaking.say,
    "typing": passing.typing,
    "event": passing.signal,
    "history": recall.history,
    "who": members.who,
}
