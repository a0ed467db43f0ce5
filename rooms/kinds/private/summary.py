"""How a conversation stands: what the list of conversations shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rooms.kinds.chat.pages import Range
from rooms.kinds.private.addressing import letter

if TYPE_CHECKING:
    from rooms.kinds.private.room import PrivateRoom

UNREAD_MAX = 1_000
PREVIEW_CHARACTERS = 280

_SHOWN = ("id", "seq", "from", "to", "name", "time", "edited", "deleted")
_UNREAD = f"SELECT count(*) FROM (SELECT 1 FROM messages WHERE seq > ? AND sender <> ? AND deleted = 0 LIMIT {UNREAD_MAX})"
_NEWS = frozenset({"message", "edited", "deleted"})


class Summary:
    """Head, unread messages of each, and the newest message, its text cut short. In memory as far as it is known to be right."""

    def __init__(self, room: PrivateRoom) -> None:
        self._room = room
        self._last: dict[str, Any] | None = None
        self._unread_by_user: dict[str, int] = {}

    def happened(self, type: str) -> None:
        """Something did: what it may have changed is counted again."""
        if type in _NEWS or type == "read":
            self._unread_by_user.clear()
        if type in _NEWS:
            self._last = None

    def said(self, message: dict[str, Any]) -> None:
        """A message was added, which is the newest."""
        sender = message["from"]
        for user, unread in self._unread_by_user.items():
            self._unread_by_user[user] = unread if user == sender else min(unread + 1, UNREAD_MAX)
        self._last = _preview(letter(self._room.parties, message))

    def of(self, user: str) -> dict[str, Any]:
        """How it stands for ``user``."""
        return {"head": self._room.history.head, "unread": self.unread(user), "last": self.last}

    def unread(self, user: str) -> int:
        """Messages of the other after the last that ``user`` has read; no more than ``UNREAD_MAX`` are counted."""
        known = self._unread_by_user.get(user)
        if known is None:
            read = self._room.receipts.of([user]).get(user, 0)
            ((known,),) = self._room.storage.sql(_UNREAD, read, user)
            self._unread_by_user[user] = known
        return known

    @property
    def last(self) -> dict[str, Any]:
        """The newest message."""
        if self._last is None:
            (message,) = self._room.pages.between(Range(), 1).messages
            self._last = _preview(letter(self._room.parties, message))
        return self._last


def _preview(message: dict[str, Any]) -> dict[str, Any]:
    shown = {key: message[key] for key in _SHOWN if key in message}
    return {**shown, "message": message["message"][:PREVIEW_CHARACTERS]}
