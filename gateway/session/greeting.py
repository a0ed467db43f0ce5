"""What a session says of itself: ``hello`` and ``stats``. Wakes no room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.routes import CHAT
from gateway.session.limits import JOINS, MESSAGES
from gateway.session.services import Services
from rooms import Identity, RoomKey

STATS_ROOMS_MAX = 200
"""Rooms that one ``stats`` tells of: those joined first, then those the token names."""


def hello(services: Services, session: str, identity: Identity, stats: dict[str, Any]) -> dict[str, Any]:
    """The data of ``hello``, but for what only a socket of many rooms is told."""
    settings = services.settings
    return {
        "session": session,
        "user": {"user": identity.user, "name": identity.name, "avatar": identity.avatar},
        "authorizedRooms": list(identity.rooms),
        "stats": stats,
        "protocol": "rooms.v1",
        "limits": {
            "message_bytes": settings.message_bytes_max,
            "messages_per_second": MESSAGES.per_second,
            "messages_burst": MESSAGES.burst,
            "joins_per_second": JOINS.per_second,
            "rooms": settings.rooms_per_socket_max,
        },
    }


def stats_of(services: Services, identity: Identity, keys: Iterable[RoomKey]) -> dict[str, Any]:
    """How many users are online in the rooms ``keys`` and in the chat rooms that the token names one by one."""
    rooms = dict.fromkeys(keys)
    rooms.update(dict.fromkeys(RoomKey(CHAT, grant) for grant in identity.rooms if "*" not in grant and "/" not in grant))
    return {key.name: {"online": services.hosting.online(key)} for key in list(rooms)[:STATS_ROOMS_MAX]}
