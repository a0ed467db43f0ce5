"""The chat room: which hook and which request goes where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from rooms import Alarm, Connection, ConnectRequest, Envelope, Identity, Refusal, callable_from_rooms
from rooms.kinds.chat import (
    about,
    arrival,
    calls,
    departure,
    edits,
    ending,
    events,
    members,
    moderation,
    passing,
    pins,
    reactions,
    recall,
    receipts,
    roles,
    sanctions,
    searching,
    speaking,
    talk,
)
from rooms.kinds.chat.history import Found
from rooms.kinds.chat.lingering import Cut, Lingering
from rooms.kinds.chat.presence import Presence
from rooms.kinds.chat.refusals import NOT_IN_ROOM, UNKNOWN_TYPE
from rooms.kinds.chat.requests import REQUESTS

Handler = Callable[["ChatRoom", Connection, Any, events.Ref], Refusal | None]


class ChatRoom(talk.Talk):
    """Everyone present sees every message, in the same order, and nobody sees one that is not kept.

    Keeps the tables of ``MIGRATIONS`` and one attachment a connection, a ``Membership``. Every request is carried out
    whole or answered with a refusal that changed nothing.
    """

    requests = REQUESTS
    derived = searching.DERIVED
    migrations = ((*talk.TABLES, *roles.TABLES, *sanctions.TABLES),)

    async def on_start(self) -> None:
        """Nothing is read before it is needed: a room may be woken by a mere goodbye."""
        self.open_history()
        self.index = searching.SearchIndex(self.storage, self.history)
        self.about = about.About(self.storage)
        self.roles = roles.Roles(self.kind, self.name, self.storage)
        self.sanctions = sanctions.Sanctions(self.storage)
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
        if self.sanctions.mutes and message.type in _SPEECH:
            silence = moderation.silence(self, connection.identity)
            if silence is not None:
                return silence
        return handler(self, connection, message.data, message.ref)

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        """A connection is gone, by its own will or not."""
        departure.closed(self, connection, code, reason, clean)

    async def on_alarm(self, alarm: Alarm) -> None:
        """Something is to be trimmed or forgotten."""
        self.retention.on_alarm()

    async def on_derive(self) -> bool:
        """Messages can be searched for a moment after they were said."""
        return self.index.follow()

    async def on_counted_down(self, cuts: list[Cut]) -> None:
        """A user whose last connection was cut has been away for a while."""
        departure.counted_down(self, cuts)

    @callable_from_rooms
    async def create(self, owner: str, title: str) -> bool:
        """Give the room its owner and its title; ``False`` if it has been made before. It is no event: nobody is here yet."""
        if self.roles.has_owner:
            return False
        self.roles.give(owner, roles.Role.OWNER)
        self.about.change(about.Facts(title=title))
        return True

    @callable_from_rooms
    async def ending(self, identity: dict[str, Any]) -> dict[str, Any]:
        """What has to be known of the room to end it, or a refusal to whoever does not own it. Nothing happens yet."""
        return ending.prepare(self, identity)

    @callable_from_rooms
    async def end(self, folder: str) -> bool:
        """Tell everybody that the room is destroyed, and destroy it, if its files are still in ``folder``; whether they were."""
        return ending.end(self, folder)

    @callable_from_rooms
    async def describe(self, identity: dict[str, Any]) -> dict[str, Any]:
        """The room as somebody finds it in a list, or a refusal."""
        return calls.describe(self, identity)

    @callable_from_rooms
    async def page(self, identity: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        """A page of the history, or a refusal."""
        return calls.page(self, identity, request)

    @callable_from_rooms
    async def publish(self, identity: dict[str, Any], name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Say something as a user shown as ``name``; what its ``ack`` would say, or a refusal."""
        return calls.publish(self, identity, name, request)

    @callable_from_rooms
    async def members(self, identity: dict[str, Any], query: str, limit: int | None) -> dict[str, Any]:
        """Who is here, or a refusal."""
        return calls.members(self, identity, query, limit)

    @callable_from_rooms
    async def sanctioned(self, identity: dict[str, Any], cursor: str, limit: int) -> dict[str, Any]:
        """Who may not come in or not speak, or a refusal."""
        return calls.sanctioned(self, identity, cursor, limit)

    @callable_from_rooms
    async def bar(self, identity: dict[str, Any]) -> list[Any] | None:
        """Why somebody may not come in now, as the fields of a ``Refusal``."""
        return calls.bar(self, identity)

    @cached_property
    def presence(self) -> Presence:
        """Who is here."""
        return Presence(self.connections())

    def forget_text(self, seq: int) -> None:
        """The text of a message was replaced or taken away: it is to leave the disk, and with it the index."""
        super().forget_text(seq)
        self.index.forget(seq)

    @property
    def is_big(self) -> bool:
        """Whether so many users are here that their coming, going, typing and reading is not told."""
        return self.presence.online > self.settings.presence_users_max

    def name_of(self, connection: Connection) -> str:
        """The display name of whoever is at ``connection``."""
        membership = self.presence.membership(connection)
        return (membership and membership.name) or connection.identity.name

    def refusal_to(self, who: Identity, *, speaks: bool) -> Refusal | None:
        """Whoever is banned may not be here, and whoever is muted say nothing."""
        return moderation.bar(self, who) or (moderation.silence(self, who) if speaks else None)

    def may_change(self, connection: Connection, found: Found) -> bool:
        """One's own messages, or any for a moderator."""
        return found.sender == connection.user or self.roles.of(connection.identity) >= roles.Role.MODERATOR

    @property
    def history_days(self) -> int:
        """What the owner says."""
        return self.about.facts.history_days

    def role_of_user(self, user: str) -> roles.Role:
        """The greatest role that any connection of ``user`` has, or what the room says of an absent one."""
        here = [self.roles.of(connection.identity) for connection in self.presence.connections_of(user)]
        return max(here, default=self.roles.kept(user))


_HANDLERS: Mapping[str, Handler] = {
    "join": arrival.join_again,
    "leave": departure.leave,
    "message": speaking.say,
    "typing": passing.typing,
    "event": passing.signal,
    "history": recall.history,
    "search": searching.search,
    "who": members.who,
    "edit": edits.edit,
    "delete": edits.delete,
    "react": reactions.react,
    "pin": pins.pin,
    "read": receipts.read,
    "role": roles.set_role,
    "room": about.set_room,
    "kick": moderation.kick,
    "ban": moderation.ban,
    "unban": moderation.unban,
    "mute": moderation.mute,
    "unmute": moderation.unmute,
}

_SPEECH = frozenset({"message", "event", "edit", "react"})
"""What a muted user may not do."""
