"""Files of the journal go when, and only when, all they say is elsewhere on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage import RoomKey, RoomSetAside, StorageSettings, SyncFailed
from storage.free_memory import give_back_free_memory
from storage.names import room_path
from storage.retirement import MANY_CLOSED, MANY_FILES
from storage.set_aside import records_path
from tests.storage.failing_disk import BROKEN, FailingDisk
from tests.storage.full_disk import full_disk
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]
OTHER = RoomKey("rooms", "other")
SECRET = "a text that somebody regrets"


def test_a_segment_goes_when_its_rooms_and_the_host_have_committed(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    process.retire()
    assert len(process.segments) == 1, "the room has not committed"
    process.room().commit(1)
    process.retire()
    assert len(process.segments) == 1, "the host has not committed"
    process.folder.host.commit()
    process.retire()
    assert process.segments == []


def test_the_segment_in_use_stays(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    process.folder.retire()
    assert len(process.segments) == 1


def test_one_room_that_has_not_committed_keeps_its_segment_and_those_after_it(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    process.put("late", 1)
    process.sync()
    process.folder.journal.seal()
    process.put("b", 1, OTHER)
    process.sync()
    process.room(OTHER).commit(1)
    process.folder.host.commit()
    process.retire()
    assert len(process.segments) == 2
    process.commit()
    process.retire()
    assert process.segments == []


def test_a_room_that_is_closed_is_retired_too(process: Process) -> None:
    process.put("a", 1)
    process.hibernate()
    process.retire()
    assert process.segments == []


def test_what_is_retired_survives_without_its_journal(process: Process, start: Start, tmp_path: Path) -> None:
    for number in range(20):
        process.put(f"key {number}", number)
        process.put("a", number, OTHER)
    process.commit()
    process.retire()
    after = start(process.crash(tmp_path / "crashed"))
    assert len(after.room().storage.list()) == 20
    assert after.room(OTHER).storage.get("a") == 19


def test_files_are_synced_before_their_segment_goes(start: Start) -> None:
    disk = FailingDisk()
    process = start(disk=disk)
    synced: list[Path] = []
    sync_file, unlink = disk.sync_file, disk.unlink
    disk.sync_file = lambda path: (synced.append(path), sync_file(path))[1]  # type: ignore[func-returns-value, method-assign]
    gone: list[tuple[Path, list[Path]]] = []
    disk.unlink = lambda path: (gone.append((path, list(synced))), unlink(path))[1]  # type: ignore[func-returns-value, method-assign]
    process.put("a", 1)
    process.commit()
    process.retire()
    process.put("a", 2)
    process.commit()
    synced.clear()
    gone.clear()
    process.retire()
    (segment, before) = gone[0]
    assert segment.suffix == ".journal"
    assert {Path(path).name for path in before} == {"lobby.sqlite3-wal", "host.sqlite3-wal"}


def test_a_new_file_is_synced_by_sqlite_itself_and_its_folders_with_it(start: Start) -> None:
    """Storage's own descriptors must not touch a database: closing one would drop SQLite's locks."""
    with full_disk() as sqlite:
        disk = FailingDisk(kinds=())
        process = start(disk=disk)
        synced: list[str] = []
        sqlite.on_sync = lambda name: synced.append(Path(name).name)
        sync_folder, unlink = disk.sync_folder, disk.unlink
        disk.sync_folder = lambda path: (synced.append(path.name), sync_folder(path))[1]  # type: ignore[func-returns-value, method-assign]
        gone: list[list[str]] = []
        disk.unlink = lambda path: (gone.append(list(synced)), unlink(path))[1]  # type: ignore[func-returns-value, method-assign]
        process.put("a", 1)
        process.commit()
        assert "lobby.sqlite3" not in synced
        assert "lobby.sqlite3-wal" not in synced
        process.retire()
        assert {"lobby.sqlite3", "lobby.sqlite3-wal", "4b", "rooms", "data"} <= set(gone[0])


@pytest.mark.parametrize("available", [True, False])
def test_many_rooms_are_synced_with_one_call_where_there_is_one(start: Start, available: bool) -> None:
    disk = FailingDisk(kinds=("fdatasync",))
    process = start(disk=disk)
    calls: list[int] = []
    sync_file_system = disk.sync_file_system
    disk.sync_file_system = lambda folder: (calls.append(folder), available and sync_file_system(folder))[1]  # type: ignore[func-returns-value, method-assign]
    for round_ in range(2):
        for number in range(MANY_FILES):
            process.put("a", round_, RoomKey("rooms", str(number)))
        process.commit()
        process.folder.journal.prepare()
        before = disk.calls
        process.retire()
        assert process.segments == []
        assert len(calls) == round_ + 1
        assert (disk.calls - before < 5) == (available or round_ == 0)  # SQLite itself syncs files that are new


def test_a_failed_sync_of_the_file_system_is_fatal_and_no_segment_goes(start: Start) -> None:
    disk = FailingDisk()
    process = start(disk=disk)

    def fail(_folder: int) -> bool:
        raise SyncFailed("the test's disk is broken")

    disk.sync_file_system = fail  # type: ignore[method-assign]
    for number in range(MANY_FILES):
        process.put("a", 1, RoomKey("rooms", str(number)))
    process.commit()
    with pytest.raises(SyncFailed):
        process.retire()
    assert len(process.segments) == 1
    disk.sync_file_system = lambda _folder: True  # type: ignore[method-assign]


@pytest.mark.parametrize("at", range(1, 12))
def test_a_failed_sync_is_fatal_and_no_segment_goes(start: Start, at: int) -> None:
    disk = FailingDisk(kinds=("fdatasync", "sync_folder"))
    process = start(disk=disk)
    process.put("a", 1)
    process.commit()
    process.folder.journal.seal()
    disk.calls, disk._at, disk._error = 0, at, BROKEN
    try:
        process.folder.retire()
    except SyncFailed:
        assert len(process.segments) == 1 or at > 5
    else:
        assert disk.calls < at
    disk.heal()


def test_write_ahead_files_stay_small_under_steady_writing(start: Start) -> None:
    process = start(settings=StorageSettings(wal_bytes_max=100_000))
    wal = process.path / f"{room_path(LOBBY)}-wal"
    sizes = []
    for number in range(150):
        process.put("a", "x" * 5000 + str(number))
        process.commit()
        process.put("b", number)  # the room is in a transaction whenever the retiring thread looks
        process.folder.retire()
        sizes.append(wal.stat().st_size)
    assert max(sizes) < 300_000
    process.commit()
    assert process.room().storage.get("b") == 149


def test_a_closed_rooms_write_ahead_file_is_small_so_that_it_wakes_fast(process: Process) -> None:
    for number in range(30):
        process.put("a", "x" * 5000 + str(number))
        process.commit()
    process.hibernate()
    wal = process.path / f"{room_path(LOBBY)}-wal"
    assert wal.stat().st_size > 128 * 1024
    process.folder.retire()
    assert wal.stat().st_size <= 128 * 1024
    assert process.room().storage.get("a").endswith("29")


def traces(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("busy", [False, True])
def test_deleted_text_leaves_the_disk_with_the_next_retirements(process: Process, busy: bool) -> None:
    with process.turn() as file:
        file.storage.put("secret", SECRET)
        file.storage.sql("INSERT INTO messages(body) VALUES(?)", SECRET)
    process.commit()
    assert traces(process.path)
    with process.turn() as file:
        file.storage.delete("secret")
        file.storage.sql("UPDATE messages SET body = ''")
        file.storage.forget_deleted()
    process.commit()
    for number in range(3):
        if busy:
            process.put("a", number)
        process.folder.retire()
        process.commit()
    process.folder.retire()
    assert traces(process.path) == []


def test_deleted_text_is_forgotten_also_by_a_turn_that_writes_nothing_else(process: Process) -> None:
    process.put("secret", SECRET)
    with process.turn() as file:
        file.storage.delete("secret")
    with process.turn() as file:
        file.storage.forget_deleted()
    process.commit()
    process.folder.retire()
    process.folder.retire()
    assert traces(process.path) == []


def test_a_destroyed_rooms_text_leaves_the_disk(process: Process) -> None:
    process.put("secret", SECRET)
    process.commit()
    process.waiting.append(process.room().destroy())
    process.commit()
    process.folder.retire()
    assert traces(process.path) == []


def test_deleted_text_leaves_the_disk_also_when_the_process_stops_at_once(process: Process) -> None:
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(body) VALUES(?)", SECRET)
    process.commit()
    with process.turn() as file:
        file.storage.sql("UPDATE messages SET body = ''")
        file.storage.forget_deleted()
    process.stop()
    assert traces(process.path) == []


def test_a_forgetting_turn_of_a_room_that_never_wrote_is_nothing(process: Process) -> None:
    with process.turn() as file:
        file.storage.forget_deleted()
    assert process.waiting == []


def test_retiring_beside_writing_loses_nothing(process: Process, start: Start, tmp_path: Path) -> None:
    """A thread retires all the time while rooms write, hibernate and wake."""
    done = threading.Event()
    failures: list[BaseException] = []

    def retire() -> None:
        try:
            while not done.is_set():
                process.retire()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=retire)
    thread.start()
    keys = [RoomKey("rooms", str(number)) for number in range(5)]
    try:
        for number in range(60):
            for key in keys:
                process.put("n", number, key)
            process.sync()
            if number % 2:
                process.hibernate(keys[number % 5])
            if number % 3 == 0:
                process.commit()
    finally:
        done.set()
        thread.join()
    assert failures == []
    after = start(process.crash(tmp_path / "crashed"))
    assert [after.room(key).storage.get("n") for key in keys] == [59] * 5
    assert after.folder.faults == []


def test_rooms_that_came_and_went_are_not_remembered(process: Process) -> None:
    for number in range(1200):
        process.folder.room(RoomKey("rooms", f"visitor {number}")).close()
    process.folder.retire()
    assert len(process.folder._retirement._standings) < 10


def test_a_file_that_was_damaged_meanwhile_keeps_its_segment_and_ends_nothing(process: Process) -> None:
    process.put("a", 1)
    process.put("a", 1, key=OTHER)
    process.hibernate()
    path = process.path / room_path(LOBBY)
    for each in (path, path.with_name(path.name + "-wal")):
        each.write_bytes(b"this is no database, " * 1_000)
    process.retire()
    assert len(process.segments) == 1
    with pytest.raises(RoomSetAside):
        process.room()
    process.commit()
    process.retire()
    assert process.segments == []
    assert records_path(path).exists()


class OvertakenJournal:
    """Of ``process``: while it says which rooms it names, one room comes, writes and goes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._journal = process.folder.journal

    def named(self) -> set[RoomKey]:
        named = self._journal.named()
        self._process.put("a", 1)
        self._process.hibernate()
        return named

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


def test_a_room_that_writes_and_goes_while_others_are_forgotten_holds_up_no_segment(process: Process) -> None:
    retirement = process.folder._retirement
    for number in range(1200):
        process.folder.room(RoomKey("rooms", f"visitor {number}")).close()
    retirement._journal = OvertakenJournal(process)  # type: ignore[assignment]
    process.folder.retire()
    retirement._journal = process.folder.journal
    process.retire()
    assert process.segments == []


def test_memory_goes_back_to_the_system_when_many_rooms_were_closed(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    monkeypatch.setattr("storage.retirement.give_back_free_memory", lambda: given_back.append(len(process.rooms)))
    for number in range(MANY_CLOSED):
        process.put("a", number, RoomKey("rooms", f"room {number}"))
    process.commit()
    process.retire()
    assert given_back == []
    for key in list(process.rooms):
        process.hibernate(key)
    process.retire()
    process.retire()
    assert given_back == [0], "once, when they are closed"


def test_giving_memory_back_harms_nothing_that_is_in_use(process: Process) -> None:
    process.put("a", "x" * 100_000)
    process.commit()
    give_back_free_memory()
    assert process.room().storage.get("a") == "x" * 100_000
