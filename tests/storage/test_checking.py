"""``check_folder``: silent about a folder that is well, one line for each fault of one that is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from storage import FolderUnusable, RoomKey, check_folder
from storage.names import room_path
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]
OTHER = RoomKey("rooms", "other")


@pytest.fixture
def folder(process: Process, tmp_path: Path) -> Path:
    """Two rooms, synced, with one more turn each in the journal."""
    for number in range(100):
        process.put(f"key {number}", "x" * 200)
        process.put("n", number, OTHER)
    process.commit()
    process.retire()
    process.put("late", "a value to be found")
    process.put("late", 1, OTHER)
    process.sync()
    return process.crash(tmp_path / "checked")


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in check_folder(folder)]


def test_a_folder_that_is_well_has_no_faults(folder: Path, process: Process, start: Start) -> None:
    assert faults(process.path) == []
    assert faults(folder) == []
    start(folder).stop()
    assert faults(folder) == []


def test_a_folder_is_checked_without_being_changed(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")}
    faults(folder)
    assert {path: path.read_bytes() for path in before} == before


def test_a_flipped_byte_in_the_journal_is_found(folder: Path) -> None:
    (segment,) = [path for path in (folder / "journal").iterdir() if path.read_bytes().strip(b"\0")]
    data = bytearray(segment.read_bytes())
    data[data.index(b"a value to be found")] ^= 1
    segment.write_bytes(data + b"")
    found = faults(folder)
    assert found == [] or "journal" in found[0]  # the last append: a torn tail looks the same


def test_damage_inside_the_journal_is_found(folder: Path, start: Start) -> None:
    after = start(folder)
    after.put("more", 1)
    after.sync()
    (first, *_) = after.segments
    crashed = after.crash(folder.with_name("again"))
    data = bytearray(first.read_bytes())
    data[data.index(b"a value to be found")] ^= 1
    (crashed / "journal" / first.name).write_bytes(data)
    assert any("journal" in fault for fault in faults(crashed))


@pytest.mark.parametrize("what", ["missing", "empty", "garbage", "page"])
def test_a_damaged_file_is_found(folder: Path, what: str) -> None:
    path = folder / room_path(LOBBY)
    Path(f"{path}-wal").unlink()
    data = path.read_bytes()
    path.unlink()
    if what != "missing":
        path.write_bytes({"empty": b"", "garbage": b"garbage" * 1000, "page": data[:8192] + b"\xff" * 4096 + data[12288:]}[what])
    found = faults(folder)
    assert found
    assert all("lobby" in fault for fault in found)
    assert all("\n" not in fault for fault in found)


def test_a_file_that_lies_in_anothers_place_is_found(folder: Path) -> None:
    (folder / room_path(LOBBY)).rename(folder / room_path(OTHER))
    Path(f"{folder / room_path(OTHER)}-wal").unlink()
    assert any("belongs elsewhere" in fault for fault in faults(folder))


def test_a_file_that_is_behind_its_records_is_found(folder: Path) -> None:
    connection = apsw.Connection(str(folder / room_path(OTHER)))
    connection.execute("UPDATE room SET number = 50")
    connection.close()
    assert any("record 51 is missing" in fault for fault in faults(folder))


def test_a_foreign_database_is_found(folder: Path) -> None:
    path = folder / "rooms" / "rooms" / "00" / "foreign.sqlite3"
    path.parent.mkdir()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t(a)")
    connection.close()
    assert any("foreign" in fault for fault in faults(folder))


def test_a_room_set_aside_is_a_fault(folder: Path, start: Start) -> None:
    (folder / room_path(LOBBY)).write_bytes(b"")
    start(folder).stop()
    (fault,) = faults(folder)
    assert "set aside" in fault


@pytest.mark.parametrize("what", ["missing", "garbage"])
def test_a_lost_host_is_found(folder: Path, what: str) -> None:
    for suffix in ("", "-wal"):
        (folder / f"host.sqlite3{suffix}").unlink()
    if what == "garbage":
        (folder / "host.sqlite3").write_bytes(b"garbage" * 1000)
    found = faults(folder)
    assert found
    assert all("host.sqlite3" in fault for fault in found)


def test_no_folder_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FolderUnusable):
        list(check_folder(tmp_path))
