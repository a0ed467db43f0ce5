"""How the runtime behaves, every default and unit in sight."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class RuntimeSettings:
    """Bounds and times of the runtime.

    Raises ``ValueError`` when a bound is not positive.
    """

    idle_seconds: float = 10.0
    """Quiet time before a room hibernates. Shorter frees memory sooner and rebuilds rooms more often."""

    turn_seconds: float = 30.0
    """A turn that takes longer is cancelled, counts as raised, and its client gets ``timeout``."""

    call_seconds: float = 10.0
    """How long an ask waits for its answer before ``CallTimeout``."""

    awake_rooms_max: int = 1_000
    """More awake rooms than this, and the longest-quiet one hibernates early. Each awake room holds descriptors."""

    light_rooms_max: int = 64
    """More awake rooms than this, and those that cost nothing to build anew (``Room.light``, no file yet) hibernate after"""

    light_idle_seconds: float = 0.1
    """this time. A storm of joins passes through a thousand rooms, and what they hold while they are awake would lie between what stays."""

    mailbox_messages_max: int = 1_000
    """Messages that wait for a room. Beyond it envelopes are refused with ``overloaded`` and raw sockets paused."""

    batch_mails_max: int = 100
    """Mails a room handles before other rooms get their turn."""

    connections_per_room_max: int = 32_768
    """More connections to one room are refused with ``overloaded``."""

    backgrounds_per_room_max: int = 16
    """Background calls of one room at a time."""

    commit_seconds: float = 0.1
    """How long a room's SQLite transaction stays open behind the journal."""

    commit_late_seconds: float = 2.0
    """How much longer it may stay open when so many rooms are busy that their commits would take too much of the time."""

    derive_seconds: float = 5.0
    """How long after a turn that wrote (or after the room woke) ``on_derive`` brings its derived tables up to date. Shorter costs more."""

    derive_turns: int = 250
    """So many turns that wrote are not kept waiting for that long."""

    uncommitted_bytes_max: int = 4 * 1_024 * 1_024
    """A room whose uncommitted records grow beyond this commits before its next turn."""

    retire_seconds: float = 1.0
    """How often finished journal segments are looked for and deleted. Longer keeps them, and deleted text, on the disk longer."""

    failed_turns_max: int = 5
    """So many failed turns within ``failed_turns_seconds`` quarantine the room."""

    failed_turns_seconds: float = 60.0

    quarantine_seconds: float = 10.0
    """The first quarantine; each further one is twice as long, up to ``quarantine_seconds_max``."""

    quarantine_seconds_max: float = 600.0

    slow_turn_seconds: float = 0.25
    """A turn that kept the whole process from running for so long is logged by name."""

    tells_waiting_max: int = 10_000
    """Undelivered tells from one room to another. Beyond it a further one raises ``TooManyTells``."""

    tell_tries_max: int = 5
    """A tell whose turn raised so often is dropped with a log line."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"{field.name} must be positive, not {getattr(self, field.name)!r}")
