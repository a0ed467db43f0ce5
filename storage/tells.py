"""One-way calls to other rooms: kept in the sender's file until the receiver has recorded their number."""

from __future__ import annotations

from typing import NamedTuple

from storage.errors import ValueTooLarge
from storage.keys import RoomKey
from storage.schema import ADD_TELL, COUNT_TELLS, MAKE_TELLS, TELL_RECEIVED, TELL_SENT
from storage.turns import Turns

_UNSENT_MAX = 1000


class Tell(NamedTuple):
    """One call that waits to be sent. Numbers of a sender only grow, in the order in which the calls were made."""

    number: int
    to: RoomKey
    method: str
    arguments: bytes


class Tells:
    """The tells of one room. Writes belong into a turn."""

    __slots__ = ("_last", "_made", "_turns", "_waiting", "touched")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._last: int | None = None
        self._made: bool | None = None
        self._waiting: bool | None = None
        self.touched = False

    def add(self, to: RoomKey, method: str, arguments: bytes) -> int:
        """Keep a call for ``to``; its number. It is sent after the turn's record is durable. Raises ``ValueTooLarge``."""
        size_max = self._turns.settings.tell_bytes_max
        if len(arguments) > size_max:
            raise ValueTooLarge(len(arguments), size_max)
        self._need_tables()
        number = self._last_number() + 1
        self._turns.write(ADD_TELL, number, to.kind, to.name, method, arguments)
        self._turns.write(COUNT_TELLS, number)
        self._last = number
        self._waiting = self.touched = True
        return number

    def unsent(self, after: int = 0, limit: int = _UNSENT_MAX) -> list[Tell]:
        """Up to ``limit`` calls not known to have been received, with numbers above ``after``, in order."""
        if not self._tables_stand():
            return []
        rows = self._turns.read(
            "SELECT number, kind, name, method, arguments FROM tells WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
        )
        return [Tell(number, RoomKey(kind, name), method, arguments) for number, kind, name, method, arguments in rows]

    def sent(self, number: int) -> None:
        """The receiver recorded call ``number``: it need not be kept."""
        if self._tables_stand():
            self._turns.write(TELL_SENT, number)
            self._waiting = None
            self.touched = True

    def received(self, sender: RoomKey, epoch: str) -> int:
        """The highest number that this room took from ``sender`` in its ``epoch``; 0 if none."""
        if not self._tables_stand():
            return 0
        rows = self._turns.read("SELECT number FROM tells_received WHERE kind = ? AND name = ? AND epoch = ?", (*sender, epoch))
        return int(rows[0][0]) if rows else 0

    def record_received(self, sender: RoomKey, epoch: str, number: int) -> None:
        """This turn did what call ``number`` of ``sender`` asked."""
        self._need_tables()
        self._turns.write(TELL_RECEIVED, sender.kind, sender.name, epoch, number)

    @property
    def waiting(self) -> bool:
        """Whether there are unsent calls."""
        if self._waiting is None:
            self._waiting = self._tables_stand() and bool(self._turns.read("SELECT 1 FROM tells LIMIT 1"))
        return self._waiting

    def reload(self) -> None:
        """Forget what was remembered: the file went back."""
        self._last = self._made = self._waiting = None
        self.touched = False

    def _last_number(self) -> int:
        if self._last is None:
            self._last = int(self._turns.read("SELECT tells_last FROM room")[0][0])
        return self._last

    def _tables_stand(self) -> bool:
        if self._made is None:
            self._made = bool(self._turns.read("SELECT 1 FROM sqlite_schema WHERE name = 'tells'"))
        return self._made

    def _need_tables(self) -> None:
        if not self._tables_stand():
            self._turns.write(MAKE_TELLS)
            self._made = True
