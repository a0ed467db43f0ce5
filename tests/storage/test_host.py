"""The host follows the rooms' records and is never later than their own truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storage import RoomKey
from tests.storage.full_disk import full_disk
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]


def test_only_durable_rooms_are_listed(process: Process) -> None:
    process.put("a", 1)
    assert list(process.folder.host.rooms()) == []
    process.sync()
    (row,) = process.folder.host.rooms()
    assert (row.key, row.epoch, row.state) == (LOBBY, process.room().epoch, "live")


def test_rooms_are_listed_by_kind(process: Process) -> None:
    for kind in ("a", "b", "c"):
        for number in range(3):
            process.put("a", 1, RoomKey(kind, str(number)))
    process.sync()
    assert [str(row.key) for row in process.folder.host.rooms("b")] == ["b/0", "b/1", "b/2"]
    assert len(list(process.folder.host.rooms())) == 9


def test_what_was_applied_but_not_committed_comes_back_from_the_journal(process: Process, start: Start, tmp_path: Path) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    process.sync()
    assert process.folder.host.next_due() == 5000
    after = start(process.crash(tmp_path / "crashed"))
    assert after.folder.host.next_due() == 5000


def test_without_space_nothing_is_forgotten(start: Start) -> None:
    with full_disk() as disk:
        process = start()
        with process.turn() as file:
            file.storage.set_alarm(5000)
        process.sync()
        disk.is_full = True
        assert not process.folder.host.commit()
        assert process.folder.host.trouble is not None
        with process.turn() as file:
            file.storage.set_alarm(4000)
        process.sync()
        assert not process.folder.host.commit()
        disk.is_full = False
        assert process.folder.host.commit()
        assert process.folder.host.trouble is None
        assert process.folder.host.due(10_000, 5) == [(LOBBY, 4000)]
    after = start(process.crash(process.path.with_name("crashed")))
    assert after.folder.host.due(10_000, 5) == [(LOBBY, 4000)]


def test_a_due_alarm_is_known_also_while_there_is_no_space(start: Start) -> None:
    with full_disk() as disk:
        process = start()
        process.put("a", 1)
        process.commit()
        disk.is_full = True
        with process.turn() as file:
            file.storage.set_alarm(5000)
        process.sync()
        process.folder.host.commit()
        assert process.folder.host.next_due() == 5000
        disk.is_full = False
