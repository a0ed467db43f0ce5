"""What a session says of itself and of who is connected: ``hello``, ``stats``, and ``members`` of no room. Wakes no room."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from gateway.routes import CHAT
from gateway.session.services import Services
from rooms import Identity, RoomKey

STATS_ROOMS_MAX = 200
"""Rooms that one ``stats`` tells of: those joined first, then those the token names."""


ONLINE_MAX = 500
ONLINE_CHARACTERS_MAX = 16_000
"""Users that ``hello`` lists as online, and how long their names may be together; ``who`` tells of more."""

MEMBERS_MAX = 100
MEMBERS_BYTES_MAX = 250 * 1024


def hello(services: Services, session: str, identity: Identity, stats: dict[str, Any]) -> dict[str, Any]:
    """The data of ``hello``, but for what only a socket of many rooms is told."""
    settings, limits = services.settings, services.limits
    return {
        "session": session,
        "user": {"user": identity.user, "name": identity.name, "avatar": identity.avatar},
        "authorizedRooms": list(identity.rooms),
        "stats": stats,
        "protocol": "rooms.v1",
        "limits": {
            "message_bytes": settings.message_bytes_max,
            "messages_per_second": limits.messages.rate.per_second,
            "messages_burst": limits.messages.rate.burst,
            "joins_per_second": limits.joins.rate.per_second,
            "rooms": settings.rooms_per_socket_max,
            "file_bytes": settings.file_bytes_max,
        },
    }


def stats_of(services: Services, identity: Identity, keys: Iterable[RoomKey]) -> dict[str, Any]:
    """How many users are online in the rooms ``keys`` and in the chat rooms that the token names one by one."""
    rooms = dict.fromkeys(keys)
    rooms.update(dict.fromkeys(RoomKey(CHAT, grant) for grant in identity.rooms if "*" not in grant and "/" not in grant))
    return {key.name: {"online": services.hosting.online(key)} for key in list(rooms)[:STATS_ROOMS_MAX]}


def online(company: Iterable[tuple[str, str]]) -> list[str]:
    """The users who share a room with the one who is greeted."""
    users: list[str] = []
    left = ONLINE_CHARACTERS_MAX
    for user, _ in islice(company, ONLINE_MAX):
        left -= len(user)
        if left < 0:
            break
        users.append(user)
    return users


def members(services: Services, user: str, query: str, limit: int | None) -> dict[str, Any]:
    """Without ``query`` those who share a room with ``user``, else those connected whose user or display name contains it.

    ``online`` is how many they are; of a search how many this answer lists.
    """
    limit = MEMBERS_MAX if limit is None else limit
    if query:
        users, more = services.connected.search(query, limit, MEMBERS_BYTES_MAX)
        return {"online": len(users), "users": users, "more": more}
    company = list(services.company.of(user))
    users, more = services.connected.described(company, limit, MEMBERS_BYTES_MAX)
    return {"online": len(company), "users": users, "more": more}
