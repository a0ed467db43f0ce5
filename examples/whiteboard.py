"""A shared whiteboard: binary strokes go to everybody else at once; a picture of them is kept every few seconds.

    rooms serve --dev --kind boards=examples.whiteboard:Whiteboard

A frame is a stroke: colour (3 bytes) and points (x, y as 16-bit big-endian integers). Who comes later gets the strokes
drawn so far. The empty frame wipes the board.
"""

from __future__ import annotations

from rooms import Alarm, Connection, ConnectRequest, Refusal, Room

SNAPSHOT_MS = 5_000
STROKES_MAX = 5_000
STROKE_BYTES_MAX = 4_096


class Whiteboard(Room):
    """Strokes are passed on without waiting for the disk; what an alarm has not yet stored is lost in a crash.

    Keeps one key, ``strokes``: the list of frames, as of the last snapshot. Between snapshots they are in memory only: the
    alarm is due before a room falls asleep, as long as ``idle_seconds`` is more than five.
    """

    strokes: list[bytes]

    async def on_start(self) -> None:
        self.strokes = self.storage.get("strokes", [])

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        for stroke in self.strokes:
            connection.send(stroke)

    async def on_message(self, connection: Connection, message: str | bytes) -> Refusal | None:
        if isinstance(message, str):
            return Refusal("bad_message", "a stroke is a binary frame")
        if message and not _is_stroke(message):
            return Refusal("bad_message", "a stroke is a colour and at least one point")
        if message and len(self.strokes) >= STROKES_MAX:
            return Refusal("too_large", f"a board has at most {STROKES_MAX} strokes")
        self.broadcast(message, without=[connection])
        self.strokes = [*self.strokes, message] if message else []
        if self.storage.get_alarm() is None:
            self.storage.set_alarm(self.now_ms + SNAPSHOT_MS)
        return None

    async def on_alarm(self, alarm: Alarm) -> None:
        self.storage.put("strokes", self.strokes)


def _is_stroke(frame: bytes) -> bool:
    return len(frame) <= STROKE_BYTES_MAX and len(frame) >= 7 and (len(frame) - 3) % 4 == 0
