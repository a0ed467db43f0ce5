"""Who may be in which room, as far as that can be said before the room is asked. Pure."""

from __future__ import annotations

from gateway.routes import DEVICES
from rooms import Identity, RoomKey


def may_enter(identity: Identity, key: RoomKey) -> bool:
    """A user's device room is theirs alone, also against admins, and needs no grant; every other room has to be granted."""
    if key.kind == DEVICES:
        return identity.user == key.name
    return identity.may_enter(*key)
