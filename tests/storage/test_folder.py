"""The data folder: one owner, and a way in for every room that is well."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from storage import DataFolder, FolderInUse, FolderUnusable, RoomKey, RoomSetAside, StorageError
from storage.names import room_path
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]


def test_a_second_server_refuses_to_start_and_changes_nothing(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    with pytest.raises(FolderInUse):
        DataFolder.open(process.path)
    process.put("b", 2)
    process.hibernate()
    assert process.room().storage.list() == {"a": 1, "b": 2}


def test_after_a_killed_process_nothing_needs_unlocking(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from storage import DataFolder, RoomKey\n"
        "folder = DataFolder.open(Path(sys.argv[1])); file = folder.room(RoomKey('rooms', 'lobby'))\n"
        "file.begin(); file.storage.put('a', 1); folder.journal.append([file.end()]); os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path / "data")], check=False).returncode == -9
    folder = DataFolder.open(tmp_path / "data")
    assert folder.room(LOBBY).storage.list() == {"a": 1}
    folder.close()


def test_a_folder_can_be_given_up_and_taken_again(process: Process, start: Start) -> None:
    process.put("a", 1)
    folder_id = process.folder.folder_id
    process.stop()
    assert process.segments == []
    again = start()
    assert again.folder.folder_id == folder_id
    assert again.room().storage.list() == {"a": 1}


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable):
        DataFolder.open(tmp_path / "file")


def test_a_file_that_vanishes_while_the_server_runs_sets_its_room_aside(process: Process, start: Start) -> None:
    process.put("a", 1)
    process.hibernate()
    (process.path / room_path(LOBBY)).unlink()
    with pytest.raises(RoomSetAside, match="missing"):
        process.room()
    assert process.folder.host.is_set_aside(LOBBY) is not None
    assert process.room(RoomKey("rooms", "other")).storage.get("a") is None
    again = start(process.crash(process.path.with_name("crashed")))
    with pytest.raises(RoomSetAside):
        again.room()


def test_damage_found_in_a_turn_sets_the_room_aside_from_then_on(process: Process) -> None:
    for number in range(200):
        process.put(f"key {number}", "x" * 500)
    process.commit()
    process.retire()
    process.hibernate()
    path = process.path / room_path(LOBBY)
    Path(f"{path}-wal").write_bytes(b"")
    data = bytearray(path.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    path.write_bytes(data)
    with pytest.raises(RoomSetAside), process.turn() as file:
        file.storage.list()
    process.rooms.pop(LOBBY).close()
    with pytest.raises(RoomSetAside):
        process.room()
    assert path.read_bytes() == bytes(data)


def test_without_descriptors_a_room_cannot_be_opened_now_and_is_not_set_aside(process: Process) -> None:
    process.put("a", 1)
    process.hibernate()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(StorageError) as caught:
            process.folder.room(LOBBY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not isinstance(caught.value, RoomSetAside)
    assert process.room().storage.list() == {"a": 1}


def test_names_that_differ_by_case_are_two_rooms(process: Process) -> None:
    for name in ("Lobby", "lobby", "LOBBY"):
        process.put("name", name, RoomKey("rooms", name))
    process.commit()
    for name in ("Lobby", "lobby", "LOBBY"):
        process.hibernate(RoomKey("rooms", name))
        assert process.room(RoomKey("rooms", name)).storage.get("name") == name


@pytest.mark.parametrize("name", ["ä" * 128, "\U0001f600" * 128, "a.b", "..", "con", "a\u0301", "x" * 128])
def test_any_name_keeps_its_room(process: Process, name: str) -> None:
    key = RoomKey("rooms", name)
    process.put("name", name, key)
    process.hibernate(key)
    assert process.room(key).storage.get("name") == name


def test_opening_a_folder_takes_no_time_for_the_rooms_it_knows(process: Process, start: Start) -> None:
    host = process.folder.host
    for number in range(100_000):
        host.put(RoomKey("rooms", f"room {number}"), 0, "e", None, False)
    process.stop()
    before = perf_counter()
    again = start()
    assert perf_counter() - before < 2
    assert sum(1 for _ in again.folder.host.rooms()) == 100_000
    assert sum(1 for _ in again.folder.host.rooms("other")) == 0
