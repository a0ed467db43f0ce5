"""The end of a room. Whoever ends it has to remember what else is to go with it, so it is done in two calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rooms import Identity
from rooms.kinds.chat import calls, events
from rooms.kinds.chat.refusals import NOT_AUTHORIZED
from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from rooms.kinds.chat.room import ChatRoom


def prepare(chat: ChatRoom, identity: dict[str, Any]) -> dict[str, Any]:
    """Where the room's files are, which also names its history (the epoch does not outlive a restore); and whether the room was made."""
    if chat.roles.of(msgspec.convert(identity, Identity)) < Role.OWNER:
        return calls.refused(NOT_AUTHORIZED)
    return {"folder": chat.files.folder, "made": chat.roles.has_owner}


def end(chat: ChatRoom, folder: str) -> bool:
    """Tell all, and destroy everything the room keeps. Another history than that of ``folder`` is left alone."""
    if not chat.files.are_in(folder):
        return False
    chat.broadcast(events.destroyed(chat.name))
    chat.destroy()
    return True
