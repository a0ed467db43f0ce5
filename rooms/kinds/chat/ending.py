"""The end of a room. Whoever ends it has to remember what else is to go with it, so it is done in two calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rooms import Identity
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import NOT_AUTHORIZED, ROOM_NOT_FOUND, refused
from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from rooms.kinds.chat.room import ChatRoom


def prepare(chat: ChatRoom, identity: dict[str, Any]) -> dict[str, Any]:
    """Where the room's files are, which also names its history (the epoch does not outlive a restore); and whether the room was made."""
    if chat.roles.of(msgspec.convert(identity, Identity)) < Role.OWNER:
        return refused(NOT_AUTHORIZED)
    if not _is_there(chat):
        return refused(ROOM_NOT_FOUND)
    return {"folder": chat.files.folder, "made": chat.roles.has_owner}


def end(chat: ChatRoom, folder: str) -> bool:
    """Tell all, and destroy everything the room keeps. Another history than that of ``folder`` is left alone."""
    if not chat.files.are_in(folder):
        return False
    chat.broadcast(events.destroyed(chat.name))
    chat.destroy()
    return True


def _is_there(chat: ChatRoom) -> bool:
    """Whether there is anything to end: any name that nobody uses is a room in which nothing is."""
    return bool(chat.history.head or chat.roles.has_owner or chat.presence.online or chat.files.has_folder or chat.sanctions.has_any)
