"""How a socket is described."""

from __future__ import annotations

from gateway.http.description import Json
from gateway.session.membership import Membership
from gateway.session.registry import NOBODY, Registered
from gateway.session.session import Session
from rooms import Connection, RoomKey

EXAMPLE: Json = {
    "session": "019a",
    "user": "ada",
    "name": "Ada",
    "admin": False,
    "guest": False,
    "kind": "rooms",
    "room": "lobby",
    "rooms": ["lobby"],
    "format": "json",
    "stage": "open",
    "expires_ms": 1_795_203_600_000,
}


def session_of(connection: Connection) -> Session | None:
    """The gateway's object of the socket at the other end."""
    peer = connection.peer
    if isinstance(peer, Membership):
        return peer.session
    return peer if isinstance(peer, Session) else None


def socket_row(session: Registered) -> Json:
    """One line. ``kind`` and ``room`` are of its address, null for ``/ws``; ``rooms`` are where it is. Before ``auth`` there is no user."""
    identity = session.identity
    key: RoomKey | None = getattr(session, "key", None)
    return {
        "session": session.id,
        "user": None if identity is NOBODY else identity.user,
        "name": identity.name or None,
        "admin": identity.admin,
        "guest": identity.guest,
        "kind": None if key is None else key.kind,
        "room": None if key is None else key.name,
        "rooms": [key.name for key in session.room_keys] if isinstance(session, Session) else [],
        "format": session.format.name if isinstance(session, Session) else None,
        "stage": session.stage.name.lower() if isinstance(session, Session) else "over",
        "expires_ms": identity.expires_ms,
    }
