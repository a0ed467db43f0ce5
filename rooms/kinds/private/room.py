"""The private room: which hook and which request goes where, and how both hear of what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rooms import Alarm, Connection, ConnectRequest, Envelope, Event, Identity, Refusal, callable_from_rooms
from rooms.kinds.chat import edits, reactions, recall, receipts, speaking, talk
from rooms.kinds.chat.backlog import Page, last_that_fit
from rooms.kinds.chat.events import Ref
from rooms.kinds.chat.pages import Range
from rooms.kinds.chat.refusals import NOT_AUTHORIZED, UNKNOWN_TYPE, USER_NOT_FOUND
from rooms.kinds.chat.requests import Typing
from rooms.kinds.directory import DIRECTORY
from rooms.kinds.private.addressing import letter, other_of, seen_by
from rooms.kinds.private.blocking import BLOCKED, Blocks, block
from rooms.kinds.private.requests import REQUESTS
from rooms.kinds.private.summary import Summary
from rooms.kinds.users import USERS, parties_of

Handler = Callable[["PrivateRoom", Connection, Any, Ref], Refusal | None]


class PrivateRoom(talk.Talk):
    """What two users say to each other; nobody else ever hears of it.

    A session connects when its client first asks for something here, and gets its answers so. What happens is told to the
    rooms of both users, which pass it on to all their sockets: at least once, and in effect once. Keeps the tables of ``Talk``
    and the key ``blocked_by``.
    """

    requests = REQUESTS
    migrations = (talk.TABLES,)

    async def on_start(self) -> None:
        """Nothing is read before it is needed."""
        self.open_history()
        self.parties = parties_of(self.name)
        self.blocks = Blocks(self.storage)
        self.summary = Summary(self)

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        """One of the two wants something. The other must exist: has an account, or a socket of theirs was ever admitted."""
        if connection.user not in self.parties:
            return NOT_AUTHORIZED
        other = self.other(connection.user)
        if request.data.is_known or other == connection.user or self.history.head:
            return None
        return None if await self.stub(*DIRECTORY).knows(other) else USER_NOT_FOUND

    async def on_message(self, connection: Connection, message: Envelope) -> Refusal | None:
        """Any request."""
        handler = _HANDLERS.get(message.type)
        if handler is None:
            return UNKNOWN_TYPE
        if message.type in _SPEECH and self.is_blocked(connection.user):
            return BLOCKED
        return handler(self, connection, message.data, message.ref)

    async def on_alarm(self, alarm: Alarm) -> None:
        """Something is to be trimmed or forgotten."""
        self.retention.on_alarm()

    @callable_from_rooms
    async def missed(self, user: str, after: int, through: int, count: int, size_bytes: int) -> tuple[list[dict[str, Any]], int]:
        """The latest messages to ``user`` with ``after`` < seq ≤ ``through``, ascending, as many as fit; and their size as JSON."""
        page = self.pages.between(Range(after=after, before=through + 1), count)
        wanted = [letter(self.parties, each) for each in page.messages if each["from"] != user and not each.get("deleted")]
        fitting = last_that_fit(Page(wanted, more=False), size_bytes).messages
        return fitting, len(msgspec.json.encode(fitting))

    def other(self, user: str) -> str:
        """Whom ``user`` talks to here."""
        return other_of(self.parties, user)

    def refusal_to(self, who: Identity, *, speaks: bool) -> Refusal | None:
        """It is for the two alone, also against admins; and nobody talks to who blocks them."""
        if who.user not in self.parties:
            return NOT_AUTHORIZED
        return BLOCKED if speaks and self.is_blocked(who.user) else None

    def is_blocked(self, user: str) -> bool:
        """Whether the other does not want to hear from ``user``."""
        return bool(self.blocks.users) and self.other(user) in self.blocks.users

    def announce(self, event: Event) -> None:
        """Tell the rooms of both, each as it concerns them."""
        if event.type == "message":
            self.summary.said(event.data)
        else:
            self.summary.happened(event.type)
        for user in dict.fromkeys(self.parties):
            told = seen_by(user, self.parties, event)
            self.stub(USERS, user).tell.hear(self.other(user), told.type, told.data, self.summary.of(user))

    def answer(self, connection: Connection, event: Event) -> None:
        """As the one who asked sees it. A page of the history says also how far both have read."""
        answer = seen_by(connection.user, self.parties, event)
        if event.type == "history":
            answer.data["reads"] = self.receipts.of(self.parties)
        connection.send(answer)


def typing(room: PrivateRoom, connection: Connection, request: Typing, ref: Ref) -> Refusal | None:  # noqa: ARG001
    """Let the other's sockets know that one begins or ceases to type. Not if that is not wanted."""
    user, other = connection.user, room.other(connection.user)
    if user != other and not room.is_blocked(user):
        event = {"with": user, "user": user, "name": room.name_of(connection), "typing": request.typing}
        room.stub(USERS, other).cast.overhear("typing", event)
    return None


_HANDLERS: Mapping[str, Handler] = {
    "private": speaking.say,
    "history": recall.history,
    "edit": edits.edit,
    "delete": edits.delete,
    "react": reactions.react,
    "read": receipts.read,
    "typing": typing,
    "block": block,
}

_SPEECH = frozenset({"private", "edit", "react"})
"""What is refused to who is blocked."""
