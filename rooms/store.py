"""What rooms need from storage, in their own words. ``storage`` supplies it; tests may supply less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from storage import Alarm, Record, RegistryRow, RoomKey, RoomStorage, Tell


class Tells(Protocol):
    """The tells a room has sent but not yet knows delivered, and which it has taken from others."""

    def add(self, to: RoomKey, method: str, arguments: bytes) -> int:
        """Keep a tell with the turn; its number."""

    def unsent(self, after: int = 0) -> Sequence[Tell]:
        """Tells not known to be delivered, in order, from number ``after`` on; perhaps not all at once."""

    def sent(self, number: int) -> None:
        """It was delivered: forget it."""

    def received(self, sender: RoomKey, epoch: str) -> int:
        """The highest number taken from ``sender``; 0 if none."""

    def record_received(self, sender: RoomKey, epoch: str, number: int) -> None:
        """It is taken, with this turn."""


class FileAlarm(Protocol):
    """The room's alarm as its turns have left it, and how its hook is run: hidden meanwhile, cleared when it returned."""

    @property
    def now(self) -> Alarm | None: ...
    def starts(self) -> None: ...
    def ends(self) -> None: ...
    def delete(self) -> None: ...
    def postpone(self, at_ms: int) -> None: ...


class RoomFile(Protocol):
    """One room's open file: turns begin and end here. Only the loop's thread uses it."""

    key: RoomKey
    epoch: str
    number: int
    storage: RoomStorage

    trouble: str | None
    sql_deadline: float | None

    @property
    def uncommitted_bytes(self) -> int: ...
    @property
    def derives(self) -> bool: ...
    @property
    def turns_behind(self) -> int: ...
    def followed(self) -> None: ...
    @property
    def alarm(self) -> FileAlarm: ...
    @property
    def tells(self) -> Tells: ...
    def begin(self) -> None: ...
    def end(self) -> Record | None: ...
    def rollback(self) -> None: ...
    def stands(self) -> bool: ...
    def commit(self, durable: int) -> bool: ...
    def undo(self, durable: int) -> None: ...
    def destroy(self) -> Record: ...
    def close(self) -> None: ...


class CommitLog(Protocol):
    """Makes records durable, all of them or none."""

    def append(self, records: Sequence[Record]) -> None:
        """Blocking. Durable on return; ``JournalFull`` kept none; ``SyncFailed`` is the end of the process."""


class Host(Protocol):
    """What the process knows about all rooms: whose alarm is due when, who has unsent tells, who is set aside."""

    def apply(self, records: Iterable[Record]) -> None: ...
    def due(self, now_ms: int, limit: int) -> list[tuple[RoomKey, int]]: ...
    def unsent(self) -> Iterable[RoomKey]: ...
    @property
    def set_aside_reasons(self) -> Mapping[RoomKey, str]: ...
    def is_set_aside(self, key: RoomKey) -> str | None: ...
    def row(self, key: RoomKey) -> RegistryRow | None: ...
    def rooms(self, kind: str | None = None, after: RoomKey | None = None) -> Iterator[RegistryRow]: ...
    def commit(self) -> bool: ...


class Folder(Protocol):
    """The data folder."""

    folder_id: str

    @property
    def journal(self) -> CommitLog: ...
    @property
    def host(self) -> Host: ...
    def room(self, key: RoomKey) -> RoomFile: ...
    def retire(self) -> object: ...
