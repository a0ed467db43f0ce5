"""How values lie on disk: msgpack, and only what comes back equal. Pure."""

from __future__ import annotations

from typing import Any

import msgpack  # type: ignore[import-untyped]

from storage.errors import NotStorable


def _as_list(value: object) -> list[Any]:
    if type(value) is tuple:
        return list(value)
    raise TypeError(f"a {type(value).__name__} would not come back equal")


_packer = msgpack.Packer(strict_types=True, datetime=True, default=_as_list)

# A float that is not a number begins with one of these; so may other bytes, which then cost a comparison.
_SUSPICIOUS = (b"\xcb\x7f", b"\xcb\xff")


def encode_value(value: object) -> bytes:
    """``value`` as msgpack.

    Storable are ``None``, booleans, integers of 64 bits, floats, text, bytes, aware datetimes (which come back in UTC),
    and lists and maps of these; tuples come back as lists. Map keys are scalars.

    Raises ``NotStorable`` for everything else: sets, naive datetimes, NaN, subclasses, objects.
    """
    try:
        encoded: bytes = _packer.pack(value)
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError) as error:
        raise NotStorable(f"cannot store this value: {error}") from error
    if _has_odd_keys(value) or any(mark in encoded for mark in _SUSPICIOUS):
        _refuse_if_changed(value, encoded)
    return encoded


def decode_value(encoded: bytes) -> Any:
    """The value that ``encode_value`` was given."""
    return msgpack.unpackb(encoded, strict_map_key=False, timestamp=3)


def _has_odd_keys(value: object) -> bool:
    """Whether a map has a key that is not text, at any depth."""
    if type(value) is dict:
        return any(type(key) is not str or _has_odd_keys(item) for key, item in value.items())
    if type(value) is list or type(value) is tuple:
        return any(map(_has_odd_keys, value))
    return isinstance(value, msgpack.ExtType | msgpack.Timestamp)


def _refuse_if_changed(value: object, encoded: bytes) -> None:
    try:
        same = decode_value(encoded) == _with_lists(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotStorable(f"cannot store this value: {error}") from error
    if not same:
        raise NotStorable("cannot store this value: it would not come back equal")


def _with_lists(value: object) -> object:
    if isinstance(value, msgpack.ExtType | msgpack.Timestamp):
        raise TypeError(f"a {type(value).__name__} is not a value")
    if type(value) is list or type(value) is tuple:
        return [_with_lists(item) for item in value]
    if type(value) is dict:
        return {key: _with_lists(item) for key, item in value.items()}
    return value
