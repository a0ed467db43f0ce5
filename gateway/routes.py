"""What a request's address means: a socket, a room's own HTTP, the application's, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.edge.door import HttpReply
from gateway.errors import http_reply, refusal
from gateway.names import RESERVED_KINDS, is_kind, name_in_path
from rooms import RoomKey

CHAT = "rooms"
DEVICES = "devices"

KEYS_SHARED_MAX = 4_096
SHARED_SEGMENT_CHARACTERS_MAX = 256
"""Sockets of the same room share one ``RoomKey``: so many rooms' are remembered, of names that are so long in a path."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A socket: to the room ``key``, or (``None``) to many chat rooms."""

    key: RoomKey | None


@dataclass(frozen=True, slots=True)
class RoomHttp:
    """A request to the room's own HTTP; ``path`` is what follows the name, beginning with ``/``, still percent-encoded."""

    key: RoomKey
    path: str


class Http:
    """Everything else of HTTP: the application knows."""

    __slots__ = ()


HTTP = Http()


def decide(path: str, asks_for_websocket: bool, kinds: Mapping[str, object]) -> Upgrade | RoomHttp | Http | HttpReply:
    """What a request to ``path`` (as it was sent, without its query) is. ``kinds`` are those that have an address."""
    if path == "/ws":
        return Upgrade(None) if asks_for_websocket else _upgrade_required()
    kind, name, rest = _parts(path)
    if kind in RESERVED_KINDS or not is_kind(kind) or name is None:
        return http_reply(refusal("not_found")) if asks_for_websocket else HTTP
    if kind not in kinds:
        return http_reply(refusal("not_found", "Unknown kind of room")) if asks_for_websocket or rest == "/ws" else HTTP
    return _of_room(RoomKey(kind, name), rest, asks_for_websocket)


def _of_room(key: RoomKey, rest: str, asks_for_websocket: bool) -> Upgrade | RoomHttp | HttpReply:
    """``key.name`` is still percent-encoded here."""
    found = _shared_key(key.kind, key.name) if len(key.name) <= SHARED_SEGMENT_CHARACTERS_MAX else _key(key.kind, key.name)
    if found is None:
        return http_reply(refusal("bad_message", "Bad name"))
    key = found
    if rest == "/ws":
        return Upgrade(key) if asks_for_websocket else _upgrade_required()
    return http_reply(refusal("not_found")) if asks_for_websocket else RoomHttp(key, rest or "/")


def _key(kind: str, segment: str) -> RoomKey | None:
    name = name_in_path(segment)
    return None if name is None else RoomKey(kind, name)


_shared_key = lru_cache(KEYS_SHARED_MAX)(_key)


def _parts(path: str) -> tuple[str, str | None, str]:
    """``/kind/name/rest`` as ``kind``, ``name`` and ``/rest``; no name (``None``) if there is no second slash."""
    kind, slash, after = path[1:].partition("/")
    if not path.startswith("/") or not slash:
        return kind, None, ""
    name, slash, rest = after.partition("/")
    return kind, name, slash + rest


def _upgrade_required() -> HttpReply:
    headers = ((b"upgrade", b"websocket"), (b"content-type", b"text/plain; charset=utf-8"))
    return HttpReply(426, headers, b"Upgrade header must be websocket")
