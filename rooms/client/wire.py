"""Envelopes to and from frames, in both formats. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

Format = Literal["json", "msgpack"]
Ref = int | str | None


class Envelope(msgspec.Struct):
    """What the server says. ``tz`` is its time."""

    type: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    tz: str = ""
    ref: Ref = None


class _Request(msgspec.Struct, omit_defaults=True):
    type: str
    data: dict[str, Any]
    ref: Ref = None


def encoder(format: Format) -> Callable[[str, dict[str, Any], Ref], str | bytes]:
    """Makes one frame of a request's type, data and ref. What is ``None`` in data is left out."""
    if format == "msgpack":
        return lambda type, data, ref: _encode_msgpack(_Request(type, given(data), ref))
    return lambda type, data, ref: _encode_json(_Request(type, given(data), ref)).decode()


def given(data: dict[str, Any]) -> dict[str, Any]:
    """Without what is ``None``."""
    return {key: value for key, value in data.items() if value is not None}


def envelope_in(frame: str | bytes) -> Envelope | None:
    """The envelope in a frame; ``None`` if there is none, which is nothing this library was made for."""
    try:
        return _decode_json(frame) if isinstance(frame, str) else _decode_msgpack(frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode
_decode_json = msgspec.json.Decoder(Envelope).decode
_decode_msgpack = msgspec.msgpack.Decoder(Envelope).decode
