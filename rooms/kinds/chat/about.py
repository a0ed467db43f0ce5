"""What a room is called and about, and ``room``: its owner changes that."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct

from rooms import Event
from rooms.kinds.chat import events
from rooms.kinds.chat.refusals import NOT_AUTHORIZED
from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from rooms import Connection, Refusal
    from rooms.kinds.chat.requests import SetRoom
    from rooms.kinds.chat.room import ChatRoom
    from storage import RoomStorage

_KEY = "about"


class Facts(Struct, frozen=True):
    """What the owner says of the room. ``history_days`` 0: as long as the server keeps messages."""

    title: str = ""
    topic: str = ""
    history_days: int = 0


class About:
    """The key ``about``."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    @cached_property
    def facts(self) -> Facts:
        """As they are now."""
        return msgspec.convert(self._storage.get(_KEY, {}), Facts)

    def described(self) -> dict[str, Any]:
        """As events carry them."""
        described: dict[str, Any] = msgspec.to_builtins(self.facts)
        return described

    def change(self, facts: Facts) -> None:
        """From now on it is this."""
        self.facts = facts
        self._storage.put(_KEY, self.described())


def set_room(chat: ChatRoom, connection: Connection, request: SetRoom, ref: events.Ref) -> Refusal | None:
    """Change what was given; all are told. Owners only."""
    if chat.roles.of(connection.identity) < Role.OWNER:
        return NOT_AUTHORIZED
    asked = {"title": request.title, "topic": request.topic, "history_days": request.history_days}
    facts = msgspec.structs.replace(chat.about.facts, **{key: value for key, value in asked.items() if value is not UNSET})
    if facts == chat.about.facts:
        chat.acknowledge(connection, ref)
        return None
    chat.about.change(facts)
    chat.retention.changed()
    seq = chat.history.next_seq_without_message()
    chat.acknowledge(connection, ref, seq=seq)
    chat.broadcast(Event("room", {"room": chat.name, "seq": seq, **chat.about.described()}))
    return None
