"""A class of rooms, as the runtime serves it."""

from __future__ import annotations

from rooms.envelope import Event
from rooms.room import Room, is_callable_from_rooms


class Kind:
    """A registered room class and what is read from it once. ``name`` is the kind's part of every address."""

    __slots__ = ("envelopes", "hears_closes", "name", "public_http", "room_class", "sendable")

    def __init__(self, name: str, room_class: type[Room]) -> None:
        self.name = name
        self.room_class = room_class
        self.envelopes = room_class.envelopes
        self.public_http = room_class.public_http
        self.sendable: frozenset[type] = frozenset({Event} if room_class.envelopes else {str, bytes})
        self.hears_closes = room_class.on_close is not Room.on_close

    def may_call(self, method: str) -> bool:
        """Whether other rooms may call ``method``."""
        return is_callable_from_rooms(getattr(self.room_class, method, None))
