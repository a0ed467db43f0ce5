"""What an operator may change about chat rooms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ChatSettings:
    """The limits of every chat room of a server. Raises ``ValueError`` for a number that makes no sense.

    history_messages_max: messages a room keeps; beyond it the oldest are trimmed by the room's alarm. The newest always stays.
    history_days_max: days a message is kept; 0 keeps it for ever. A room's own ``history_days`` can only shorten it.
    presence_users_max: above so many users a room says no joined, left, read or typing.
    page_bytes_max: the size of the largest answer, as JSON; lists stop early with ``more``.
    recovery_messages_max: a client that is further behind gets the latest page instead of what it missed.
    linger_seconds: how long a user whose last socket was cut may stay away unnoticed.
    cid_seconds: how long at least a ``cid`` is remembered, also when its message was trimmed.
    room_files_max: files a room keeps; beyond it no more are taken.
    room_files_bytes_max: the bytes of all files of a room.
    unsent_file_seconds: how long an uploaded file waits for the message that shows it.
    trim_seconds: how long trimming waits after it became due, so that a busy room trims many messages at once.
    """

    history_messages_max: int = 100_000
    history_days_max: int = 0
    presence_users_max: int = 500
    page_bytes_max: int = 256 * 1024
    recovery_messages_max: int = 1_000
    linger_seconds: float = 5.0
    cid_seconds: float = 24 * 60 * 60.0
    room_files_max: int = 10_000
    room_files_bytes_max: int = 1 << 30
    unsent_file_seconds: float = 60 * 60.0
    trim_seconds: float = 2.0

    def __post_init__(self) -> None:
        """Refuses a limit that no room could keep."""
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, must be at least {least}")


_LEAST = {
    "history_messages_max": 1,
    "history_days_max": 0,
    "presence_users_max": 0,
    "page_bytes_max": 64 * 1024,
    "recovery_messages_max": 0,
    "linger_seconds": 0,
    "cid_seconds": 0,
    "room_files_max": 0,
    "room_files_bytes_max": 0,
    "unsent_file_seconds": 1,
    "trim_seconds": 0,
}
