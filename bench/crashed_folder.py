"""Makes a data folder as a crash leaves it at the worst moment: everything in the journal, nothing in the rooms' files.

Run as a process of its own (``python -m bench.crashed_folder FOLDER RECORDS ROOMS``): it ends without closing anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from storage import DataFolder, Record, RoomFile, RoomKey, StorageSettings

ROOMS_AT_A_TIME = 1_000
BODY = "x" * 120


def fill_journal(path: Path, records: int, rooms: int) -> None:
    """Appends ``records`` turns, dealt evenly over ``rooms`` rooms of which a thousand talk at a time."""
    folder = DataFolder.open(path, StorageSettings(durability="relaxed"), migrations={})
    for first in range(0, rooms, ROOMS_AT_A_TIME):
        files = [folder.room(RoomKey("bench", f"room{i}")) for i in range(first, min(first + ROOMS_AT_A_TIME, rooms))]
        for turn in range(records // rooms):
            folder.journal.append(list(_turns(files, turn)))
        for file in files:
            file.undo(0)  # as if the process had died before the first lazy commit
            file.close()


def _turns(files: list[RoomFile], turn: int) -> Iterator[Record]:
    for file in files:
        file.begin()
        file.storage.put(f"message-{turn:06}", {"from": "ada", "body": BODY, "seq": turn})
        record = file.end()
        assert record is not None
        yield record


if __name__ == "__main__":
    fill_journal(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    os._exit(0)
