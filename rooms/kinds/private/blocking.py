"""``block``: one of the two does not want to hear from the other."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from rooms import Refusal
from rooms.kinds.chat.events import Ref
from rooms.kinds.users import USERS

if TYPE_CHECKING:
    from rooms import Connection
    from rooms.kinds.private.requests import Block
    from rooms.kinds.private.room import PrivateRoom
    from storage import RoomStorage

BLOCKED = Refusal("blocked", "Blocked")

_KEY = "blocked_by"
_NOT_ONESELF = Refusal("bad_message", "Invalid message format: user: nobody blocks themselves")


class Blocks:
    """The key ``blocked_by``: those of the two who block the other. It holds from the turn that writes it."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def put(self, user: str, on: bool) -> bool:
        """``user`` blocks the other, or no longer. Returns whether that is new."""
        if (user in self.users) is on:
            return False
        self.users = self.users | {user} if on else self.users - {user}
        self._storage.put(_KEY, sorted(self.users))
        return True

    @cached_property
    def users(self) -> frozenset[str]:
        """Who blocks."""
        return frozenset(self._storage.get(_KEY, ()))


def block(room: PrivateRoom, connection: Connection, request: Block, ref: Ref) -> Refusal | None:
    """Block the other, or let them speak again. The user's room is told, for the list."""
    user, other = connection.user, room.other(connection.user)
    if user == other:
        return _NOT_ONESELF
    if room.blocks.put(user, request.on):
        room.stub(USERS, user).tell.blocked(other, request.on)
    room.acknowledge(connection, ref, user=other, on=request.on)
    return None
