"""The messages of one room, in the order of their seq: a table that reads like a log."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from rooms.kinds.chat.backlog import Place
from rooms.kinds.chat.message_ids import message_id, seq_of
from rooms.kinds.chat.requests import Say
from rooms.kinds.chat.times import iso

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE messages (
        seq INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        sender TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        cid TEXT,
        reply_to TEXT,
        thread TEXT,
        mentions TEXT,
        files TEXT,
        meta TEXT,
        edited INTEGER NOT NULL DEFAULT 0,
        deleted INTEGER NOT NULL DEFAULT 0,
        pinned INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE UNIQUE INDEX messages_by_cid ON messages(sender, cid) WHERE cid IS NOT NULL",
    "CREATE INDEX messages_by_change ON messages(changed) WHERE changed > seq",
    "CREATE INDEX messages_by_thread ON messages(thread, seq) WHERE thread IS NOT NULL",
    "CREATE INDEX messages_pinned ON messages(seq) WHERE pinned = 1",
)

_INSERT = "INSERT INTO messages (seq, time, sender, name, body, id, time_ms, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_ALL = """INSERT INTO messages (seq, time, sender, name, body, id, time_ms, changed, cid, reply_to, thread, mentions, files, meta)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_LAST = "SELECT seq, time_ms FROM messages ORDER BY seq DESC LIMIT 1"
_LAST_CHANGE = "SELECT max(changed) FROM messages WHERE changed > seq"
_BY_ID = "SELECT seq, id, changed, sender, body, thread, deleted, pinned FROM messages WHERE seq = ? AND id = ?"
_KEY = "history"


class Found(NamedTuple):
    """A kept message, as far as it matters to whoever wants to refer to it or change it."""

    seq: int
    id: str
    changed: int
    sender: str
    body: str
    thread: str | None
    deleted: int
    pinned: int


class _Ends(Struct):
    """Where the history stands now; kept in memory, so that a message costs no question."""

    head: int
    time_ms: int
    trimmed: int


class History:
    """What was said in one room. Keeps the table ``messages`` and the key ``history``: ``{"head", "trimmed"}``.

    ``head`` in the key is the last seq that no kept message shows; ``trimmed`` is the last change that trimming took away.
    """

    def __init__(self, room: str, epoch: str, storage: RoomStorage) -> None:
        self._room = room
        self._epoch = epoch
        self._storage = storage

    @property
    def place(self) -> Place:
        """The head, the epoch and what was trimmed."""
        ends = self._ends
        return Place(ends.head, self._epoch, ends.trimmed)

    @property
    def head(self) -> int:
        """The seq of the last stored event; 0 before the first."""
        return self._ends.head

    def append(self, user: str, name: str, said: Say, unique: str, thread: str | None, now_ms: int) -> dict[str, Any]:
        """Keep what ``user``, shown as ``name``, says as the next event, later than the message before; ``unique`` begins its id.

        Returns it as everybody sees it.
        """
        ends = self._ends
        seq = ends.head = ends.head + 1
        time_ms = ends.time_ms = max(now_ms, ends.time_ms + 1)
        time = iso(time_ms)
        id, body = message_id(unique, seq), said.message
        message = {
            "id": id,
            "seq": seq,
            "changed": seq,
            "room": self._room,
            "from": user,
            "name": name,
            "message": body,
            "time": time,
        }
        if said.cid is None and said.reply_to is None and not (said.mentions or said.files or said.meta):
            self._storage.sql(_INSERT, seq, time, user, name, body, id, time_ms, seq)
        else:
            rest = _add_optional(message, said)
            self._storage.sql(_INSERT_ALL, seq, time, user, name, body, id, time_ms, seq, said.cid, said.reply_to, thread, *rest)
        return message

    def find(self, id: str) -> Found | None:
        """The kept message of that id."""
        for row in self._storage.sql(_BY_ID, seq_of(id), id):
            return Found(*row)
        return None

    def next_seq(self) -> int:
        """The seq of an event that changes a message. The caller writes it into that message's ``changed``."""
        self._ends.head += 1
        return self._ends.head

    def next_seq_without_message(self) -> int:
        """The seq of an event that no message shows."""
        seq = self.next_seq()
        self._keep(self._ends)
        return seq

    def trimmed(self, changed: int) -> None:
        """Of the messages whose last change was ``changed`` or earlier some are gone for good."""
        ends = self._ends
        ends.trimmed = max(ends.trimmed, changed)
        self._keep(ends)

    @cached_property
    def _ends(self) -> _Ends:
        kept = self._storage.get(_KEY, {"head": 0, "trimmed": 0})
        ends = _Ends(head=kept["head"], time_ms=0, trimmed=kept["trimmed"])
        for seq, time_ms in self._storage.sql(_LAST):
            ends.head, ends.time_ms = max(ends.head, seq), time_ms
        for (changed,) in self._storage.sql(_LAST_CHANGE):
            ends.head = max(ends.head, changed or 0)
        return ends

    def _keep(self, ends: _Ends) -> None:
        self._storage.put(_KEY, {"head": ends.head, "trimmed": ends.trimmed})


def _add_optional(message: dict[str, Any], said: Say) -> tuple[str | None, str | None, str | None]:
    """Returns mentions, files and meta as the table keeps them."""
    if said.cid is not None:
        message["cid"] = said.cid
    if said.reply_to is not None:
        message["reply_to"] = said.reply_to
    if not (said.mentions or said.files or said.meta):
        return None, None, None
    given = {"mentions": said.mentions, "files": said.files, "meta": said.meta}
    message.update((key, value) for key, value in given.items() if value)
    return _json(said.mentions), _json(said.files), _json(said.meta)


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
