"""What storage may use and what it refuses, with every default visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, kw_only=True)
class StorageSettings:
    """Limits of a room's storage and of the journal. The defaults are Durable Objects' documented limits where it has one."""

    durability: Literal["durable", "relaxed"] = "durable"
    """``relaxed``: the journal is written but not synced before a turn is heard; a power cut may take the last moments."""

    segment_bytes: int = 16 * MIB
    """Size of one file of the journal, allocated ahead. Larger: fewer files, a longer recovery."""

    record_bytes_max: int = 64 * MIB
    """What one turn may write, as its record. Beyond: ``TurnTooLarge``."""

    uncommitted_bytes_max: int = 8 * MIB
    """Records of one room that its file has not committed. Beyond, with a full disk, its turns are refused with ``StorageFull``."""

    wal_bytes_max: int = 4 * MIB
    """A room's write-ahead file is folded back into the database beyond this."""

    key_bytes_max: int = 2 * KIB
    value_bytes_max: int = 2 * MIB
    keys_max: int = 128
    """Keys in one call of ``get_many``, ``put_many`` or ``delete_many``. Beyond: ``TooManyKeys``."""

    rows_max: int = 100_000
    """Rows of one ``sql`` or ``list`` call. Beyond: ``TooManyRows``."""

    statement_bytes_max: int = 100 * KIB
    row_bytes_max: int = 8 * MIB
    """One string, blob or row in SQLite."""

    tell_bytes_max: int = 2 * MIB
    """Arguments of one tell."""

    def __post_init__(self) -> None:
        if self.durability not in ("durable", "relaxed"):
            raise ValueError(f"durability is 'durable' or 'relaxed', not {self.durability!r}")
        if self.segment_bytes < 4 * KIB:
            raise ValueError(f"a segment of {self.segment_bytes} bytes is smaller than 4096 bytes")
        if self.record_bytes_max < self.value_bytes_max:
            raise ValueError("a record must be able to hold a value")
        for name in ("uncommitted_bytes_max", "wal_bytes_max", "key_bytes_max", "value_bytes_max", "keys_max", "rows_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
