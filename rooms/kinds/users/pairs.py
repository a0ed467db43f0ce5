"""Pure. What the conversation of two users is called."""

from __future__ import annotations

from rooms import RoomKey

PRIVATE = "private"
"""The kind's name: the conversation of Ada and Bob is ``private/ada/bob``."""

_BETWEEN = "/"
"""No user's name has one, so that no two pairs share a conversation."""


def conversation_of(user: str, other: str) -> RoomKey:
    """The room of their conversation, whoever of them asks. With oneself: notes."""
    first, second = sorted((user, other))
    return RoomKey(PRIVATE, first + _BETWEEN + second)


def parties_of(name: str) -> tuple[str, str]:
    """The two users that a conversation is named by. Raises ``ValueError`` if it is named by no two."""
    first, between, second = name.partition(_BETWEEN)
    if not between or not first or not second or _BETWEEN in second:
        raise ValueError(f"{name!r} does not name two users")
    return first, second
