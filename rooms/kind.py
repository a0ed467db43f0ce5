"""A class of rooms, as the runtime serves it."""

from __future__ import annotations

import dis
from inspect import iscoroutinefunction
from types import CodeType, FunctionType

from rooms.envelope import Event
from rooms.room import Room, is_callable_from_rooms

_HOOKS = ("on_connect", "on_message", "on_close", "on_alarm", "on_derive")


class Kind:
    """A registered room class and what is read from it once. ``name`` is the kind's part of every address."""

    __slots__ = (
        "derives",
        "envelopes",
        "hears_closes",
        "light",
        "name",
        "pauses_senders",
        "public_http",
        "relays",
        "room_class",
        "sendable",
        "waitless_hooks",
    )

    def __init__(self, name: str, room_class: type[Room]) -> None:
        self.name = name
        self.room_class = room_class
        self.envelopes = room_class.envelopes
        self.relays = room_class.envelopes and room_class.relays
        self.pauses_senders = self.relays or not self.envelopes
        """Whether a full mailbox pauses sockets; else their requests are refused."""
        self.light = room_class.light
        self.public_http = room_class.public_http
        self.sendable: frozenset[type] = frozenset(_sendable(room_class))
        self.derives = room_class.on_derive is not Room.on_derive
        self.hears_closes = room_class.on_close is not Room.on_close
        self.waitless_hooks = {hook: code for hook in _HOOKS if (code := _waitless_code(getattr(room_class, hook))) is not None}
        """The code of the hooks that can run to their end anywhere, because there is no ``await`` in them."""

    def may_call(self, method: str) -> bool:
        """Whether other rooms may call ``method``."""
        return is_callable_from_rooms(getattr(self.room_class, method, None))


def _waitless_code(hook: object) -> CodeType | None:
    """The code of a coroutine function that cannot wait: whatever can, in its body, is compiled to a ``SEND``. ``None``: it may."""
    if not isinstance(hook, FunctionType) or not iscoroutinefunction(hook):
        return None
    return None if any(instruction.opname == "SEND" for instruction in dis.get_instructions(hook)) else hook.__code__


def _sendable(room_class: type[Room]) -> set[type]:
    if not room_class.envelopes:
        return {str, bytes}
    return {Event, bytes} if room_class.relays else {Event}
