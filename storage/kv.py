"""Values by key, ordered by the key's UTF-8 bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storage.errors import KeyTooLarge, NotStorable, TooManyKeys, TooManyRows, ValueTooLarge
from storage.schema import DELETE, PUT
from storage.turns import Turns
from storage.values import decode_value, encode_value

_GET = "SELECT value FROM kv WHERE key = ?"


class Keys:
    """The ``kv`` table of one room, written in its turns. The promises are ``RoomStorage``'s."""

    __slots__ = ("_settings", "_turns")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._settings = turns.settings

    def get(self, key: str, default: Any) -> Any:
        self._check_key(key)
        rows = self._turns.read(_GET, (key,))
        return decode_value(rows[0][0]) if rows else default

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        wanted = self._checked(keys)
        marks = ",".join("?" * len(wanted))
        rows = self._turns.read(f"SELECT key, value FROM kv WHERE key IN ({marks}) ORDER BY key", wanted)
        return {key: decode_value(value) for key, value in rows}

    def put(self, key: str, value: Any) -> None:
        self._check_key(key)
        self._turns.write(PUT, key, self._encoded(value))

    def put_many(self, entries: Mapping[str, Any]) -> None:
        encoded = [(key, self._encoded(entries[key])) for key in self._checked(entries)]
        for key, value in encoded:
            self._turns.write(PUT, key, value)

    def delete(self, key: str) -> bool:
        self._check_key(key)
        if not self._turns.read("SELECT 1 FROM kv WHERE key = ?", (key,)):
            return False
        self._turns.write(DELETE, key)
        return True

    def delete_many(self, keys: Iterable[str]) -> int:
        return sum([self.delete(key) for key in self._checked(keys)])

    def range(
        self, prefix: str, start: str | None, start_after: str | None, end: str | None, reverse: bool, limit: int | None
    ) -> dict[str, Any]:
        sql, bounds = _range(prefix, start, start_after, end)
        rows_max = self._settings.rows_max
        sql += f" ORDER BY key {'DESC' if reverse else 'ASC'} LIMIT {rows_max + 1 if limit is None else limit}"
        rows = self._turns.read(sql, bounds)
        if len(rows) > rows_max:
            raise TooManyRows(rows_max)
        return {key: decode_value(value) for key, value in rows}

    def _checked(self, keys: Iterable[str]) -> list[str]:
        wanted = list(keys)
        if len(wanted) > self._settings.keys_max:
            raise TooManyKeys(len(wanted), self._settings.keys_max)
        for key in wanted:
            self._check_key(key)
        return wanted

    def _check_key(self, key: str) -> None:
        if type(key) is not str:
            raise NotStorable(f"a key is text, not a {type(key).__name__}")
        if len(key) * 4 > self._settings.key_bytes_max or not key.isascii():
            self._check_bytes(key)

    def _check_bytes(self, key: str) -> None:
        try:
            size_bytes = len(key.encode())
        except UnicodeEncodeError as error:
            raise NotStorable(f"this key is not Unicode text: {error}") from error
        if size_bytes > self._settings.key_bytes_max:
            raise KeyTooLarge(size_bytes, self._settings.key_bytes_max)

    def _encoded(self, value: Any) -> bytes:
        encoded = encode_value(value)
        if len(encoded) > self._settings.value_bytes_max:
            raise ValueTooLarge(len(encoded), self._settings.value_bytes_max)
        return encoded


def _range(prefix: str, start: str | None, start_after: str | None, end: str | None) -> tuple[str, list[str]]:
    conditions: list[str] = []
    bounds: list[str] = []
    for condition, bound in (
        ("key >= ?", prefix or None),
        ("key < ?", _after_prefix(prefix)),
        ("key >= ?", start),
        ("key > ?", start_after),
        ("key < ?", end),
    ):
        if bound is not None:
            conditions.append(condition)
            bounds.append(bound)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT key, value FROM kv{where}", bounds


def _after_prefix(prefix: str) -> str | None:
    """The smallest text that is greater than everything that begins with ``prefix``, or None if there is none."""
    stripped = prefix.rstrip("\U0010ffff")
    if not stripped:
        return None
    successor = ord(stripped[-1]) + 1
    if 0xD800 <= successor <= 0xDFFF:
        successor = 0xE000
    return stripped[:-1] + chr(successor)
