"""Who may do what in a room, and ``role``: the owner makes moderators."""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from rooms import Event
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import NOT_AUTHORIZED

if TYPE_CHECKING:
    from rooms import Connection, Identity, Refusal
    from rooms.kinds.chat.requests import SetRole
    from rooms.kinds.chat.room import ChatRoom
    from storage import RoomStorage

TABLES = ("CREATE TABLE roles (user TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID",)

_GIVE = "INSERT OR REPLACE INTO roles (user, role) VALUES (?, ?)"
_TAKE = "DELETE FROM roles WHERE user = ?"
_ALL = "SELECT user, role FROM roles"


class Role(IntEnum):
    """From the least to the greatest: whoever acts against a user must be greater."""

    MEMBER = 0
    MODERATOR = 1
    OWNER = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As the protocol calls it."""
        return self.name.lower()


class Roles:
    """The table ``roles``: owner and moderators of one room; everybody else is a member, unless their token says more."""

    def __init__(self, kind: str, room: str, storage: RoomStorage) -> None:
        self._kind = kind
        self._room = room
        self._storage = storage

    def of(self, identity: Identity) -> Role:
        """The greatest of what the token says now and what the room says."""
        if identity.admin:
            return Role.ADMIN
        kept = self.kept(identity.user)
        if kept < Role.MODERATOR and identity.may_moderate(self._kind, self._room):
            return Role.MODERATOR
        return kept

    def kept(self, user: str) -> Role:
        """What the room says, whether the user is here or not."""
        return self._roles.get(user, Role.MEMBER)

    @property
    def has_owner(self) -> bool:
        """Whether somebody made this room."""
        return Role.OWNER in self._roles.values()

    def give(self, user: str, role: Role) -> None:
        """Make ``user`` that from now on."""
        if role is Role.MEMBER:
            self._roles.pop(user, None)
            self._storage.sql(_TAKE, user)
        else:
            self._roles[user] = role
            self._storage.sql(_GIVE, user, role.word)

    @cached_property
    def _roles(self) -> dict[str, Role]:
        return {user: Role[role.upper()] for user, role in self._storage.sql(_ALL)}


def set_role(chat: ChatRoom, connection: Connection, request: SetRole, ref: events.Ref) -> Refusal | None:
    """Make a user a moderator, or a member again; all are told. Owners only, and not against their equals."""
    mine = chat.roles.of(connection.identity)
    if mine < Role.OWNER or chat.role_of_user(request.user) >= mine:
        return NOT_AUTHORIZED
    role = Role[request.role.upper()]
    if chat.roles.kept(request.user) is role:
        chat.acknowledge(connection, ref)
        return None
    chat.roles.give(request.user, role)
    seq = chat.history.next_seq_without_message()
    chat.acknowledge(connection, ref, seq=seq)
    facts = {"room": chat.name, "seq": seq, **chat.about.described(), "user": request.user, "role": role.word}
    chat.broadcast(Event("room", facts))
    return None
