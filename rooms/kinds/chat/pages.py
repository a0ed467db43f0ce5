"""Reading the history: messages in their present state, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from rooms.kinds.chat.backlog import Page
from rooms.kinds.chat.message_ids import seq_of
from rooms.kinds.chat.requests import SAFE_INTEGER

if TYPE_CHECKING:
    from rooms.kinds.chat.files import Files
    from rooms.kinds.chat.reactions import Reactions
    from storage import RoomStorage

_COLUMNS = "seq, id, changed, sender, name, body, time, cid, reply_to, mentions, files, meta, edited, deleted, pinned"
_BETWEEN = f"SELECT {_COLUMNS} FROM messages WHERE seq > ? AND seq < ? ORDER BY seq"
_PINNED = f"SELECT {_COLUMNS} FROM messages WHERE pinned = 1 AND seq > ? AND seq < ? ORDER BY seq"
_THREAD = f"""SELECT {_COLUMNS} FROM messages
              WHERE seq IN (SELECT seq FROM messages WHERE thread = ?1 UNION ALL SELECT seq FROM messages WHERE seq = ?2 AND id = ?1)
              AND seq > ?3 AND seq < ?4 ORDER BY seq"""
_FIRST, _LAST = " LIMIT ?", " DESC LIMIT ?"
_BETWEEN_FIRST, _BETWEEN_LAST = _BETWEEN + _FIRST, _BETWEEN + _LAST
_PINNED_FIRST, _PINNED_LAST = _PINNED + _FIRST, _PINNED + _LAST
_THREAD_FIRST, _THREAD_LAST = _THREAD + " LIMIT ?5", _THREAD + " DESC LIMIT ?5"
_OF = f"SELECT {_COLUMNS} FROM messages WHERE seq IN (SELECT value FROM json_each(?)) AND deleted = 0"
_CHANGED = f"""SELECT {_COLUMNS} FROM messages WHERE seq > ?1
               UNION ALL SELECT {_COLUMNS} FROM messages WHERE changed > seq AND changed > ?1 AND seq <= ?1
               ORDER BY changed LIMIT ?2"""


class Range(NamedTuple):
    """Which seqs: between ``after`` and ``before``, both exclusive; of these the last ones, or the first if ``forward``."""

    after: int = -1
    before: int = SAFE_INTEGER + 1
    forward: bool = False


class Pages:
    """Reads the table ``messages`` of one room. Nothing here writes."""

    def __init__(self, room: str, storage: RoomStorage, reactions: Reactions, files: Files) -> None:
        self._room = room
        self._reactions = reactions
        self._files = files
        self._storage = storage

    def between(self, among: Range, limit: int) -> Page:
        """At most ``limit`` messages of a range, ascending."""
        return self._of(_BETWEEN_FIRST if among.forward else _BETWEEN_LAST, among, limit)

    def pinned(self, among: Range, limit: int) -> Page:
        """At most ``limit`` pinned messages of a range, ascending."""
        return self._of(_PINNED_FIRST if among.forward else _PINNED_LAST, among, limit)

    def thread(self, root: str, among: Range, limit: int) -> Page:
        """At most ``limit`` messages of the thread that began with the message ``root``, which is one of them, ascending."""
        return self._of(_THREAD_FIRST if among.forward else _THREAD_LAST, among, limit, root, seq_of(root))

    def changed_since(self, since: int, limit: int) -> Page:
        """At most ``limit`` messages that have changed after ``since``, ascending by their last change."""
        return self._read(_CHANGED, (since,), limit)

    def of(self, seqs: Sequence[int]) -> list[dict[str, Any]]:
        """The messages with these seqs, in this order; those that are not kept any more are left out."""
        found = {row[0]: self._message(row) for row in self._storage.sql(_OF, msgspec.json.encode(seqs).decode())}
        messages = [found[seq] for seq in seqs if seq in found]
        self._reactions.put_on(messages)
        self._files.put_on(messages)
        return messages

    def _of(self, statement: str, among: Range, limit: int, *first: int | str) -> Page:
        page = self._read(statement, (*first, among.after, among.before), limit)
        return page if among.forward else Page(page.messages[::-1], page.more)

    def _read(self, statement: str, bounds: tuple[int | str, ...], limit: int) -> Page:
        rows = list(self._storage.sql(statement, *bounds, limit + 1))
        messages = [self._message(row) for row in rows[:limit]]
        self._reactions.put_on(messages)
        self._files.put_on(messages)
        return Page(messages, more=len(rows) > limit)

    def _message(self, row: Sequence[Any]) -> dict[str, Any]:
        seq, message_id, changed, sender, name, body, time, *optional = row
        message = {
            "id": message_id,
            "seq": seq,
            "changed": changed,
            "room": self._room,
            "from": sender,
            "name": name,
            "message": body,
            "time": time,
        }
        for (key, read), value in zip(_OPTIONAL, optional, strict=True):
            if value:
                message[key] = read(value)
        return message


_OPTIONAL: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("cid", str),
    ("reply_to", str),
    ("mentions", msgspec.json.decode),
    ("files", msgspec.json.decode),
    ("meta", msgspec.json.decode),
    ("edited", bool),
    ("deleted", bool),
    ("pinned", bool),
)
