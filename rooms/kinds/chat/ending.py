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
    """Which history would end, whether the room was made (then its name is not used again), and where its files are."""
    if chat.roles.of(msgspec.convert(identity, Identity)) < Role.OWNER:
        return calls.refused(NOT_AUTHORIZED)
    return {"epoch": chat.epoch, "made": chat.roles.has_owner, "folder": chat.files.folder}


def end(chat: ChatRoom, epoch: str) -> bool:
    """Tell all, and destroy everything the room keeps. Another history than ``epoch`` is left alone."""
    if chat.epoch != epoch:
        return False
    chat.broadcast(events.destroyed(chat.name))
    chat.destroy()
    return True
