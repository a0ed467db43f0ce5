"""What a room's file says of itself, told to the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from storage.database import open_reader
from storage.host import Host
from storage.keys import RoomKey
from storage.record import Alarm
from storage.replay import read_room_row, tells_wait


def register(path: Path, host: Host, key: RoomKey | None = None) -> RoomKey:
    """Put the room whose file is at ``path`` into the registry; whose it is.

    Raises ``apsw.Error`` if the file cannot be read, or is another room's than ``key``; then the host was told nothing.
    """
    connection = open_reader(str(path))
    try:
        cursor = connection.cursor()
        row: Any = read_room_row(cursor)
        waits = tells_wait(cursor)
    finally:
        connection.close(True)
    if row is None or (key is not None and key != row[:2]):
        raise apsw.SQLError("it is not the file of this room")
    kind, name, epoch, generation, *_ = row
    host.put(RoomKey(kind, name), generation, epoch, Alarm(*row[6:9]) if row[6] is not None else None, waits)
    return RoomKey(kind, name)
