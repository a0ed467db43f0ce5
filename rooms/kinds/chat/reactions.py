"""``react``: what users think of a message, in one emoji or more each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from rooms import Event, Refusal
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import MESSAGE_NOT_FOUND

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.chat.requests import React
    from rooms.kinds.chat.talk import Talk
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE reactions (
        seq INTEGER NOT NULL,
        emoji TEXT NOT NULL,
        user TEXT NOT NULL,
        changed INTEGER NOT NULL,
        PRIMARY KEY (seq, emoji, user)
    ) WITHOUT ROWID""",
)

REACTIONS_BYTES_MAX = 64 * 1024
"""So that one message with its reactions always fits into one answer."""

_ADD = "INSERT INTO reactions (seq, emoji, user, changed) VALUES (?, ?, ?, ?)"
_TAKE = "DELETE FROM reactions WHERE seq = ? AND emoji = ? AND user = ?"
_REMOVE = "DELETE FROM reactions WHERE seq = ?"
_TRIM = "DELETE FROM reactions WHERE seq <= ?"
_OF = """SELECT seq, emoji, user FROM reactions WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq, changed"""
_CHANGE = "UPDATE messages SET changed = ? WHERE seq = ?"
_TOO_MANY = Refusal("too_large", "The message has too many reactions")

Emojis = dict[str, list[str]]


class Reactions:
    """The table ``reactions``: for each message, who reacted with what. ``seq`` is the message's."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def of(self, seq: int) -> Emojis:
        """Users by emoji of one message, both in the order they came."""
        return self._of([seq]).get(seq, {})

    def put_on(self, messages: Sequence[dict[str, Any]]) -> None:
        """Give messages that have reactions their ``reactions``."""
        if not messages:
            return
        emojis_by_seq = self._of([message["seq"] for message in messages])
        for message in messages:
            if message["seq"] in emojis_by_seq:
                message["reactions"] = emojis_by_seq[message["seq"]]

    def set(self, seq: int, emoji: str, user: str, on: bool, changed: int) -> None:
        """``user`` reacts to the message ``seq`` with ``emoji``, or no longer; it is the event ``changed``."""
        if on:
            self._storage.sql(_ADD, seq, emoji, user, changed)
        else:
            self._storage.sql(_TAKE, seq, emoji, user)
        self._storage.sql(_CHANGE, changed, seq)

    def remove(self, seq: int) -> None:
        """The message is deleted."""
        self._storage.sql(_REMOVE, seq)

    def trimming(self, seq: int) -> None:
        """Messages up to ``seq`` are trimmed."""
        self._storage.sql(_TRIM, seq)

    def _of(self, seqs: list[int]) -> dict[int, Emojis]:
        emojis_by_seq: dict[int, Emojis] = {}
        for seq, emoji, user in self._storage.sql(_OF, msgspec.json.encode(seqs).decode()):
            emojis_by_seq.setdefault(seq, {}).setdefault(emoji, []).append(user)
        return emojis_by_seq


def react(chat: Talk, connection: Connection, request: React, ref: events.Ref) -> Refusal | None:
    """React to a message, or take the reaction back; all are told who reacted so. What is so already is only acknowledged."""
    found = chat.history.find(request.id)
    if found is None or found.deleted:
        return MESSAGE_NOT_FOUND
    emojis = chat.reactions.of(found.seq)
    users = emojis.get(request.emoji, [])
    if (connection.user in users) is request.on:
        chat.acknowledge(connection, ref, id=found.id, seq=found.changed)
        return None
    if request.on and _size_bytes(emojis) + len(connection.user.encode()) > REACTIONS_BYTES_MAX:
        return _TOO_MANY
    seq = chat.history.next_seq()
    chat.reactions.set(found.seq, request.emoji, connection.user, request.on, seq)
    after = [*users, connection.user] if request.on else [user for user in users if user != connection.user]
    chat.acknowledge(connection, ref, id=found.id, seq=seq)
    facts = {"room": chat.name, "id": found.id, "seq": seq, "emoji": request.emoji, "users": after}
    chat.announce(Event("reacted", facts))
    return None


def _size_bytes(emojis: Emojis) -> int:
    return len(msgspec.json.encode(emojis))
