"""A room's own HTTP and the request that opened a connection, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from rooms.identity import Identity


class Request(msgspec.Struct, frozen=True):
    """A plain HTTP request to ``/{kind}/{name}/…``. ``path`` is what follows the name, with its ``/``; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    identity: Identity | None


class Response(msgspec.Struct, frozen=True):
    """What a room answers. ``headers`` may not set hop-by-hop headers; the gateway adds its own safety headers."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = {}


class ConnectRequest(msgspec.Struct, frozen=True):
    """How a connection began: of a raw kind the upgrade's query and headers, of an envelope kind the ``join`` request.

    ``session`` names the socket, and becomes the connection's id (it is shared by those of a socket of many rooms); ``ref`` is the
    join's.
    """

    session: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    data: Any = None
    ref: str | int | None = None
