"""Pure. What happens in a conversation, as each of the two is told of it: who it is with takes the place of the room."""

from __future__ import annotations

from typing import Any

from rooms import Event

Data = dict[str, Any]
Parties = tuple[str, str]


def other_of(parties: Parties, user: str) -> str:
    """Whom ``user`` talks to; in notes to oneself: oneself."""
    first, second = parties
    return second if user == first else first


def seen_by(user: str, parties: Parties, event: Event) -> Event:
    """``event`` of the room as ``user`` is told: a message says ``to`` whom it is, everything else ``with`` whom it happens."""
    if event.type == "message":
        return Event("private", letter(parties, event.data), event.ref)
    data = {"with": other_of(parties, user), **event.data}
    del data["room"]
    if event.type == "history":
        data["messages"] = [letter(parties, message) for message in data["messages"]]
    return Event(event.type, data, event.ref)


def letter(parties: Parties, message: Data) -> Data:
    """A message of the room as both are shown it."""
    addressed = {**message, "to": other_of(parties, message["from"])}
    del addressed["room"]
    return addressed
