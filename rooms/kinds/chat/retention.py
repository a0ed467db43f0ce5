"""How much of the past a room keeps: its alarm trims what is too much or too old. The newest message always stays."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rooms.kinds.chat.talk import Talk

DAY_MS = 24 * 60 * 60 * 1000
TRIMMED_AT_ONCE = 1_000

_SPAN = "SELECT (SELECT min(seq) FROM messages), (SELECT max(seq) FROM messages)"
_FIRST_BUT_NEWEST = "SELECT time_ms FROM messages WHERE seq < (SELECT max(seq) FROM messages) ORDER BY seq LIMIT 1"
_COUNT = "SELECT count(*) FROM messages"
_FIRST_KEPT = "SELECT seq FROM messages ORDER BY seq DESC LIMIT 1 OFFSET ?"
_LAST = "SELECT max(seq) FROM messages"
_OLDEST = "SELECT seq, time_ms FROM messages ORDER BY seq LIMIT ?"
_LAST_CHANGE = "SELECT max(changed) FROM messages WHERE seq <= ?"
_TRIM = "DELETE FROM messages WHERE seq <= ?"


class Retention:
    """Watches the table ``messages`` of one room against the limits of server and owner.

    The alarm is set once something becomes due, never moved by every message.
    """

    def __init__(self, chat: Talk) -> None:
        self._chat = chat
        self._storage = chat.storage
        self._settings = chat.settings
        self._count_at_most: int | None = None

    def appended(self) -> None:
        """One more message was kept."""
        if self._count_at_most is None:
            self._count_at_most = self._span()
            self.changed()  # once an isolate: the operator may have changed the limits while the room slept
            return
        self._count_at_most += 1
        if self._count_at_most > self._settings.history_messages_max:
            self.due(self._soon_ms())
        elif self._count_at_most == 2:
            self.changed()

    def changed(self) -> None:
        """There are other limits, or other messages than those that were watched."""
        if (self._count_at_most or 0) > self._settings.history_messages_max:
            self.due(self._soon_ms())
        days = self.days
        if not days:
            return
        for (time_ms,) in self._storage.sql(_FIRST_BUT_NEWEST):
            self.due(time_ms + days * DAY_MS)

    def on_alarm(self) -> None:
        """Trim what is due, a limited number at once, and set the alarm for what comes next."""
        self._alarm_ms = None
        more = self._trim()
        oldest_cid_ms = self._chat.cids.forget(self._young_ms())
        files_due_ms = self._chat.files.on_alarm()
        if files_due_ms is not None:
            self.due(files_due_ms)
        if more:
            self.due(self._chat.now_ms)
            return
        if oldest_cid_ms is not None:
            self.due(oldest_cid_ms + int(self._settings.cid_seconds * 1000))
        self.changed()

    @property
    def days(self) -> int:
        """How many days a message stays: the lesser of what server and owner say; 0 is for ever."""
        limits = [days for days in (self._settings.history_days_max, self._chat.history_days) if days]
        return min(limits, default=0)

    def _trim(self) -> bool:
        """Returns whether there is more to take."""
        surplus = self._surplus()
        oldest = list(self._storage.sql(_OLDEST, TRIMMED_AT_ONCE + 1))
        expired_ms = self._chat.now_ms - self.days * DAY_MS if self.days else 0
        last = self._number(_LAST)
        gone = [seq for seq, time_ms in oldest if seq < last and (seq <= surplus or time_ms <= expired_ms)]
        if not gone:
            return False
        more = len(gone) > TRIMMED_AT_ONCE
        gone = gone[:TRIMMED_AT_ONCE]
        self._take_away(gone[-1])
        self._count_at_most = self._number(_COUNT)
        return more

    def _surplus(self) -> int:
        """The last seq that is there only because nobody has trimmed yet; 0 if there is none."""
        limit = self._settings.history_messages_max
        count = self._count_at_most = self._number(_COUNT)
        if count <= limit:
            return 0
        kept = limit - limit // 100  # a little more is taken, so that a busy room does not count its messages every time
        return self._number(_FIRST_KEPT, max(kept, 1) - 1) - 1

    def _take_away(self, through: int) -> None:
        chat = self._chat
        chat.cids.trimming(through, self._young_ms())
        chat.history.trimmed(self._number(_LAST_CHANGE, through))
        chat.reactions.trimming(through)
        chat.files.trimming(through)
        self._storage.sql(_TRIM, through)

    def _soon_ms(self) -> int:
        return self._chat.now_ms + int(self._settings.trim_seconds * 1000)

    def _young_ms(self) -> int:
        return self._chat.now_ms - int(self._settings.cid_seconds * 1000)

    def due(self, moment_ms: int) -> None:
        """Let the alarm come at ``moment_ms`` at the latest."""
        if self._alarm_ms is None or moment_ms < self._alarm_ms:
            self._alarm_ms = moment_ms
            self._storage.set_alarm(moment_ms)

    @cached_property
    def _alarm_ms(self) -> int | None:
        return self._storage.get_alarm()

    def _span(self) -> int:
        """No fewer messages are kept than this; edits and the like make it too large, the alarm makes it right."""
        for first, last in self._storage.sql(_SPAN):
            return 0 if first is None else int(last) - int(first) + 1
        return 0

    def _number(self, statement: str, *parameters: int) -> int:
        for (number,) in self._storage.sql(statement, *parameters):
            return number or 0
        return 0
