"""Which of the authors' statements write, and what. Each text is examined once; then asking costs a dictionary lookup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import apsw

from storage.errors import SqlFailed, SqlRefused
from storage.guard import REPLAYED_AND_DERIVED, Guard, Mode, unrepeatable

_TEXTS_MAX = 4096

READS = 0
WRITES = 1
DERIVED = 2
"""A bit: the statement touches derived tables, alone or with ``WRITES``."""

_REST = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_VACUUM = re.compile(_REST.pattern + "vacuum", re.DOTALL | re.IGNORECASE)


class Statements:
    """Shared by all rooms of a folder, used on their one thread."""

    __slots__ = ("_bytes_max", "use_by_text")

    def __init__(self, statement_bytes_max: int) -> None:
        self._bytes_max = statement_bytes_max
        self.use_by_text: dict[str, int] = {}
        """``use``, of texts that were examined before."""

    def use(self, connection: apsw.Connection, guard: Guard, text: str, parameters: Sequence[Any]) -> int:
        """Whether ``text`` ``READS`` or ``WRITES``, and whether ``DERIVED`` tables. It is not run.

        Raises ``SqlRefused`` if it is not one statement, or one that a room may not run; ``SqlFailed`` if SQLite does not understand it.
        """
        use = self._examine(connection, guard, text, parameters)
        if len(self.use_by_text) >= _TEXTS_MAX:
            self.use_by_text.clear()
        self.use_by_text[text] = use
        return use

    def _examine(self, connection: apsw.Connection, guard: Guard, text: str, parameters: Sequence[Any]) -> int:
        size_bytes = len(text.encode("utf-8", "surrogatepass"))
        if size_bytes > self._bytes_max:
            raise SqlRefused(f"a statement of {size_bytes} bytes is longer than {self._bytes_max}", text)
        if _VACUUM.match(text):
            raise SqlRefused("VACUUM is not for rooms", text)
        examination = _Examination()
        cursor = connection.cursor()
        cursor.exec_trace = examination.stop
        guard.examine()
        try:
            cursor.execute(text, parameters, can_cache=False)
        except apsw.ExecTraceAbort:
            pass
        except apsw.AuthError as error:
            raise SqlRefused(guard.reason or str(error), text) from None
        except apsw.Error as error:
            raise SqlFailed(str(error), text) from error
        finally:
            guard.mode = Mode.OWN
            cursor.close(True)
        return examination.judge(text, guard)


class _Examination:
    """Stops a statement before its first step and keeps what was learnt."""

    def __init__(self) -> None:
        self.writes = False
        self.first: str | None = None

    def stop(self, cursor: apsw.Cursor, text: str, _parameters: Any) -> bool:
        self.writes = not cursor.is_readonly and not cursor.is_explain
        self.first = text
        return False

    def judge(self, text: str, guard: Guard) -> int:
        if self.first is None or _REST.fullmatch(self.first):
            raise SqlRefused("there is no statement", text)
        rest = text[text.index(self.first) + len(self.first) :] if self.first in text else ""
        if _REST.fullmatch(rest) is None:
            raise SqlRefused("one statement a call", text)
        if not self.writes:
            return READS | (DERIVED if True in guard.read else 0)
        if guard.written == {True}:
            return WRITES | DERIVED
        if True in guard.written or True in guard.read:
            raise SqlRefused(REPLAYED_AND_DERIVED, text)
        if guard.functions:
            raise SqlRefused(unrepeatable(guard.functions[0]), text)
        return WRITES
