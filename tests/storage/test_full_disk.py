"""A full disk: turns are refused, nothing promised is lost, and it heals without a restart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import apsw
import pytest

from storage import JournalFull, RoomKey, StorageError, StorageFull, StorageSettings
from tests.storage.failing_disk import FULL, FailingDisk
from tests.storage.full_disk import full_disk
from tests.storage.process import Process


def test_a_full_journal_undoes_and_the_next_turn_is_kept(start: Callable[..., Process]) -> None:
    disk = FailingDisk(kinds=("pwrite",))
    process = start(disk=disk)
    process.put("a", 1)
    process.commit()
    disk._at, disk._error = disk.calls + 1, FULL
    process.put("a", 2)
    with pytest.raises(JournalFull):
        process.sync()
    assert process.room().storage.get("a") == 1
    process.put("a", 3)
    process.hibernate()
    assert process.room().storage.get("a") == 3


@pytest.mark.parametrize("error", [apsw.FullError, apsw.IOError])
def test_a_commit_without_space_loses_nothing_and_heals(start: Callable[..., Process], error: type[apsw.Error]) -> None:
    with full_disk() as disk:
        process = start()
        process.put("a", 1)
        process.commit()
        disk.is_full, disk.error = True, error
        process.put("b", 2)
        process.sync()
        file = process.room()
        assert not file.commit(2)
        assert file.trouble is not None
        assert (file.number, file.committed, file.storage.list()) == (2, 1, {"a": 1, "b": 2})
        process.put("c", 3)
        disk.is_full = False
        assert process.commit()
        assert file.trouble is None
        process.hibernate()
        assert process.room().storage.list() == {"a": 1, "b": 2, "c": 3}


def test_a_room_whose_file_has_no_space_refuses_turns_beyond_a_bound_and_heals(start: Callable[..., Process]) -> None:
    with full_disk() as disk:
        process = start(settings=StorageSettings(uncommitted_bytes_max=10_000, segment_bytes=1024 * 1024))
        process.put("a", 1)
        process.commit()
        disk.is_full = True
        file = process.room()
        with pytest.raises(StorageFull):  # noqa: PT012
            for number in range(1000):
                process.put(f"key {number}", "x" * 900)
                process.sync()
                file.commit(file.number)
        assert 10_000 < file.uncommitted_bytes < 12_000
        with process.turn() as file:
            assert file.storage.get("a") == 1, "what only reads goes on"
        with pytest.raises(StorageFull), process.turn() as file, contextlib.suppress(StorageFull):
            file.storage.put("a", "a turn that was refused cannot end well")
        with process.turn() as file:
            assert file.storage.get("a") == 1
        disk.is_full = False
        process.put("heals by itself", 1)
        disk.is_full = True
        with pytest.raises(StorageFull):  # noqa: PT012
            for number in range(1000):
                process.put(f"again {number}", "x" * 900)
                process.sync()
                file.commit(file.number)
        kept = file.storage.list()
        assert len(kept) > 9
        process.hibernate_full()
        assert process.room().storage.list() == kept
        disk.is_full = False
        assert process.commit()
        process.put("healed", 1)
        process.hibernate()
        assert process.room().storage.list() == kept | {"healed": 1}


def test_a_first_write_without_space_is_refused_and_heals(start: Callable[..., Process]) -> None:
    with full_disk() as disk:
        process = start()
        disk.is_full = True
        process.put("a", 1)
        process.sync()
        assert not process.room().commit(1)
        disk.is_full = False
        assert process.commit()
        process.hibernate()
        assert process.room().storage.list() == {"a": 1}


def test_a_file_that_cannot_be_made_refuses_the_turn_and_heals(process: Process) -> None:
    file = process.room()
    (process.path / "rooms").rmdir()
    (process.path / "rooms").write_text("in the way")
    with pytest.raises(StorageError), process.turn():
        file.storage.put("a", 1)
    with pytest.raises(StorageError):
        process.room(RoomKey("rooms", "another"))
    (process.path / "rooms").unlink()
    process.put("a", 1)
    assert process.commit()


def test_statements_that_find_no_space_doom_their_turn_only(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    process.put("b", 2)
    process.sync()
    file = process.room()
    connection = file._turns.connection
    assert connection is not None
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StorageFull):
        process.put("c", "x" * 50_000)
    connection.execute("PRAGMA max_page_count = 100000")
    process.put("d", 4)
    assert process.commit()
    assert file.storage.list() == {"a": 1, "b": 2, "d": 4}
