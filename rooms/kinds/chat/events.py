"""Pure. What a chat room says: one function an event that has no table of its own."""

from __future__ import annotations

from typing import Any

from rooms import Event

Ref = str | int | None


def ack(room: str, ref: Ref = None, **facts: Any) -> Event:
    """To whoever asked: it is done."""
    return Event("ack", {"room": room, **facts}, ref)


def joined(room: str, session: str, user: str, name: str, meta: dict[str, Any] | None) -> Event:
    """To the others: a user came in."""
    return Event("joined", {"room": room, "session": session, "user": user, "name": name, "meta": meta or {}})


def left(room: str, session: str, user: str, reason: str, ref: Ref = None) -> Event:
    """A user is gone, or a connection of theirs is told that it is out."""
    return Event("left", {"room": room, "session": session, "user": user, "reason": reason}, ref)


def kicked(room: str, by: str, reason: str | None, seconds: int | None) -> Event:
    """To whoever is thrown out: by whom, and for how long (``None``: for ever)."""
    return Event("kicked", {"room": room, "by": by, "reason": reason, "seconds": seconds})


def destroyed(room: str) -> Event:
    """The room and all that was said in it is gone."""
    return Event("destroyed", {"room": room})


def typing(room: str, user: str, name: str, on: bool) -> Event:
    """A user began or ceased to type."""
    return Event("typing", {"room": room, "user": user, "name": name, "typing": on})


def signal(room: str, user: str, name: str, data: Any) -> Event:
    """An application's own event; ``name`` is the event's."""
    return Event("event", {"room": room, "user": user, "name": name, "data": data})


def read(room: str, user: str, seq: int) -> Event:
    """A user has read up to ``seq``."""
    return Event("read", {"room": room, "user": user, "seq": seq})
