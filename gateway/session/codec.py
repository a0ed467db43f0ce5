"""From a client's frame to a request: text is JSON, binary is msgpack, and the same rules hold for both. Pure.

msgspec reads JSON and is strict about UTF-8, surrogates and NaN, but keeps the last of two equal keys in silence. A text that
is valid JSON has two quotes for each key and each string value, so a key that was dropped shows as quotes without a string.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple, NoReturn, TypeVar

import msgpack  # type: ignore[import-untyped]
import msgspec

NESTING_MAX = 16
SAFE_INTEGER = 2**53
TYPE_CHARACTERS_MAX = 64
REF_CHARACTERS_MAX = 256

S = TypeVar("S", bound=msgspec.Struct)
Ref = str | int | None


class Request(msgspec.Struct, frozen=True, gc=False):
    """An envelope from a client, its ``data`` not yet compared with what its ``type`` wants."""

    type: str
    data: dict[str, Any]
    ref: Ref


class BadMessage(NamedTuple):
    """The frame is no envelope, or a field does not fit: what to tell the client, and its request's ``ref`` if that is known."""

    message: str = "Invalid message format"
    ref: Ref = None


def decode(frame: str | bytes) -> Request | BadMessage:
    """The request in one frame, or which rule of the protocol it breaks. Raises nothing, whatever the frame holds."""
    try:
        value = json_value(frame) if isinstance(frame, str) else _msgpack_value(frame)
    except (ValueError, RecursionError, msgspec.DecodeError, msgpack.UnpackException):
        return BadMessage()
    if type(value) is not dict:
        return BadMessage()
    kind = value.get("type")
    if type(kind) is not str or not 0 < len(kind) <= TYPE_CHARACTERS_MAX:
        return BadMessage("Invalid message format: type")
    ref = value.get("ref")
    if ref is not None and not (type(ref) is int or (type(ref) is str and len(ref) <= REF_CHARACTERS_MAX)):
        return BadMessage("Invalid message format: ref")
    data = value.get("data")
    if data is None:
        data = {}
    elif type(data) is not dict:
        return BadMessage("Invalid message format: data", ref)
    return Request(kind, data, ref)


def fitted(request: Request, shape: type[S]) -> S | BadMessage:
    """The request's data as the struct that its type wants, or which field does not fit."""
    try:
        return msgspec.convert(request.data, shape)
    except msgspec.ValidationError as error:
        return BadMessage(_naming_field(str(error)), request.ref)


def json_value(text: str) -> Any:
    """The value of a JSON text that keeps every rule of the protocol.

    Raises ``ValueError``, ``RecursionError`` or ``msgspec.DecodeError``.
    """
    value = _decode_json(text)
    strings = _count_strings(value, NESTING_MAX)
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    if text.count('"') != 2 * strings:
        raise ValueError("duplicate key")
    return value


def _msgpack_value(data: bytes) -> Any:
    value = msgpack.unpackb(data, object_pairs_hook=_without_duplicates, ext_hook=_no_extension, raw=False, strict_map_key=True)
    _count_strings(value, NESTING_MAX)
    return value


def _count_strings(value: Any, levels: int) -> int:
    """How many keys and text values there are within ``value``, after finding every rule kept that holds for both formats."""
    count = 0
    if type(value) is dict:
        count = len(value)
        value = value.values()
    elif type(value) is not list:
        return 0
    if levels == 0:
        raise ValueError("too deep")
    for item in value:
        kind = type(item)
        if kind is str:
            count += 1
        elif kind is int:
            if not -SAFE_INTEGER <= item <= SAFE_INTEGER:
                raise ValueError("integer out of range")
        elif kind is dict or kind is list:
            count += _count_strings(item, levels - 1)
        elif kind is float:
            if not math.isfinite(item):
                raise ValueError("number out of range")
        elif kind is not bool and item is not None:
            raise ValueError("no value of the protocol")
    return count


def _without_duplicates(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or not all(type(key) is str for key in found):
        raise ValueError("keys are strings, each once")
    return found


def _no_extension(_code: int, _data: bytes) -> NoReturn:
    raise ValueError("no extensions")


def _naming_field(error: str) -> str:
    """``Expected `str`, got `int` - at `$.message``` as ``Invalid message format: message: Expected `str`, got `int```."""
    complaint, _, path = error.partition(" - at ")
    field = _PATH.match(path)
    return f"Invalid message format: {field[1]}: {complaint}" if field else f"Invalid message format: {complaint}"


_PATH = re.compile(r"`\$\.(.+)`")
_decode_json = msgspec.json.Decoder().decode
