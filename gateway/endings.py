"""Ending chat rooms for good: the room, its files, and for a room that a user made its name too.

What is to be done is on disk in the directory before the room is told, and done again after a crash until it is over.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import msgspec
import trio

from gateway.edge.containment import Log
from gateway.errors import refusal
from gateway.routes import CHAT
from rooms import Identity, Refusal, RoomError, RoomKey, Stub
from rooms.kinds.directory import DIRECTORY

PAGE = 1_000
RETRY_SECONDS = 5.0


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class Folders(Protocol):
    """Where the files of rooms are."""

    async def remove_folder(self, folder: str) -> None:
        """Delete every file in it. Raises ``OSError``."""


class Ending(NamedTuple):
    """One history of one room, that whose files are in ``folder``, is to end; ``made``: and its name with it."""

    room: str
    folder: str
    made: bool


class Endings:
    """``load`` comes before anybody is admitted; ``run`` does what is left to do, for as long as the server runs.

    ``is_gone`` knows every room that was made and ended: a set in memory, some hundred bytes each.
    """

    def __init__(self, rooms: Rooms, folders: Folders, log: Log) -> None:
        self._rooms = rooms
        self._folders = folders
        self._log = log
        self._gone: set[str] = set()
        self._waiting: dict[str, Ending] = {}
        self._news = trio.Event()

    async def load(self) -> None:
        """Read what the directory knows. Raises ``RoomError``; then nobody may be admitted."""
        after = ""
        while page := await self._rooms.stub(DIRECTORY).endings_after(after, PAGE):
            for room, folder, made, over in page:
                if not over:
                    self._begin(Ending(room, folder, bool(made)))
                if made:
                    self._gone.add(room)
            after = page[-1][0]

    def is_gone(self, key: RoomKey) -> bool:
        """Whether the room was ended for good, or is just being ended."""
        return key.kind == CHAT and (key.name in self._gone or key.name in self._waiting)

    async def end(self, identity: Identity, name: str) -> Refusal | None:
        """End the room if ``identity`` may. On return everybody in it was told, and its history is gone. Raises ``RoomError``."""
        room = self._rooms.stub(RoomKey(CHAT, name))
        asked = await room.ending(msgspec.to_builtins(identity))
        if "error" in asked:
            return refusal(asked["error"]["code"], asked["error"]["message"])
        ending = Ending(name, asked["folder"], asked["made"])
        await self._rooms.stub(DIRECTORY).begin_ending(*ending)
        self._begin(ending)  # from here on it will end, whatever happens
        if ending.made:
            self._gone.add(name)
        await room.end(ending.folder)
        self._log.info("room_ended", room=name, by=identity.user)
        return None

    async def run(self) -> None:
        """Finish what was begun."""
        while True:
            await self._news.wait()
            self._news = trio.Event()
            for ending in list(self._waiting.values()):
                try:
                    await self._finish(ending)
                except (RoomError, OSError) as error:
                    self._log.error("room_not_ended", room=ending.room, error=str(error))
            if self._waiting:
                await trio.sleep(RETRY_SECONDS)
                self._news.set()

    async def _finish(self, ending: Ending) -> None:
        """Every step may have been done before."""
        await self._rooms.stub(RoomKey(CHAT, ending.room)).end(ending.folder)
        await self._folders.remove_folder(ending.folder)
        await self._rooms.stub(DIRECTORY).ending_over(ending.room, ending.folder)
        self._waiting.pop(ending.room, None)

    def _begin(self, ending: Ending) -> None:
        self._waiting[ending.room] = ending
        self._news.set()
