"""What was said under which ``cid``: a client may say the same again, and it is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rooms.kinds.chat.refusals import CID_CONFLICT
from rooms.kinds.chat.requests import Say

if TYPE_CHECKING:
    from rooms import Refusal
    from storage import RoomStorage

TABLES = ("CREATE TABLE cids (sender TEXT, cid TEXT, seq INTEGER, id TEXT, time_ms INTEGER, PRIMARY KEY (sender, cid)) WITHOUT ROWID",)

_KEPT = "SELECT id, seq, edited + deleted, body, reply_to, mentions, files, meta FROM messages WHERE sender = ? AND cid = ?"
_TRIMMED = "SELECT id, seq FROM cids WHERE sender = ? AND cid = ?"
_REMEMBER = """INSERT OR REPLACE INTO cids (sender, cid, seq, id, time_ms)
               SELECT sender, cid, seq, id, time_ms FROM messages WHERE seq <= ? AND cid IS NOT NULL AND time_ms > ?"""
_FORGET = "DELETE FROM cids WHERE time_ms <= ?"
_OLDEST = "SELECT min(time_ms) FROM cids"


class Said(NamedTuple):
    """A message that has the ``cid`` already: what its first ``ack`` said."""

    id: str
    seq: int


class Cids:
    """The column ``cid`` of ``messages`` and, for messages that were trimmed young, the table ``cids``."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def earlier(self, sender: str, said: Say) -> Said | Refusal | None:
        """What ``sender`` said under this ``cid`` before; a refusal if that was something else."""
        for message_id, seq, rewritten, body, reply_to, *extras in self._storage.sql(_KEPT, sender, said.cid):
            is_same = (body, reply_to) == (said.message, said.reply_to) and _are_same(extras, (said.mentions, said.files, said.meta))
            return Said(message_id, seq) if rewritten or is_same else CID_CONFLICT
        if self._any_trimmed:
            for message_id, seq in self._storage.sql(_TRIMMED, sender, said.cid):
                return Said(message_id, seq)
        return None

    def trimming(self, seq: int, young_ms: int) -> None:
        """Messages up to ``seq`` are about to be trimmed: remember the cids of those said after ``young_ms``."""
        self._storage.sql(_REMEMBER, seq, young_ms)
        self.__dict__.pop("_any_trimmed", None)

    def forget(self, time_ms: int) -> int | None:
        """Forget what was trimmed and said up to ``time_ms``. Returns when the oldest that is left was said."""
        if self._any_trimmed:
            self._storage.sql(_FORGET, time_ms)
            self.__dict__.pop("_any_trimmed", None)
        return self._oldest_ms()

    @cached_property
    def _any_trimmed(self) -> bool:
        return self._oldest_ms() is not None

    def _oldest_ms(self) -> int | None:
        for (time_ms,) in self._storage.sql(_OLDEST):
            return None if time_ms is None else int(time_ms)
        return None


def _are_same(kept: Sequence[str | None], given: Sequence[object]) -> bool:
    """Whether what is kept as JSON is what is given; nothing at all is kept of what is empty."""
    return all((text and msgspec.json.decode(text)) == (value or None) for text, value in zip(kept, given, strict=True))
