"""What is told of the disk: sizes of rooms, of the journal, of the whole folder; and pages of what a room keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storage import NoHistory, RoomKey, Undecodable, folder_footprint, footprints, inspect_room
from storage.names import room_path
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]
COUNTER = RoomKey("counters", "one")


def test_a_room_has_the_size_of_its_files_and_the_time_of_their_last_change(process: Process, tmp_path: Path) -> None:
    process.put("k", b"x" * 10_000)
    process.sync()
    process.commit()
    folder = process.path
    path = folder / room_path(LOBBY)

    lobby, unknown = footprints(folder, [LOBBY, RoomKey("rooms", "unknown")])

    assert lobby.size_bytes == sum(each.stat().st_size for each in path.parent.glob(path.name + "*") if not each.name.endswith("-shm"))
    assert lobby.last_active_ms > 0
    assert unknown == (0, 0)


def test_a_folder_tells_of_rooms_journal_and_disk(process: Process) -> None:
    process.put("k", 1)
    process.put("k", 1, COUNTER)
    process.sync()
    process.commit_only(LOBBY, COUNTER)

    found = folder_footprint(process.path)

    assert (found.rooms, found.complete) == (2, True)
    assert found.rooms_bytes > 0
    assert found.host_bytes > 0
    assert sum(found.journal_bytes_by_segment.values()) == sum(p.stat().st_size for p in (process.path / "journal").iterdir())
    assert 0 < found.free_bytes <= found.total_bytes


def test_counting_ends_when_its_time_is_over(process: Process) -> None:
    for n in range(20):
        process.put("k", 1, RoomKey("counters", str(n)))
    process.sync()
    process.commit_only(*[RoomKey("counters", str(n)) for n in range(20)])
    assert not folder_footprint(process.path, seconds=-1).complete


def test_keys_come_in_pages_with_their_sizes(process: Process) -> None:
    for key in ("a", "b1", "b2", "b3", "c", "é", "%"):
        process.put(key, {"n": 1})
    process.put("big", "x" * 100_000)
    process.sync()

    with inspect_room(process.path, LOBBY) as view:
        assert [key for key, _, _ in view.entries(limit=3)] == ["%", "a", "b1"]
        assert [key for key, _, _ in view.entries(after="b1", limit=3)] == ["b2", "b3", "big"]
        assert [key for key, _, _ in view.entries(prefix="b", after="b1", limit=9)] == ["b2", "b3", "big"]
        assert [key for key, _, _ in view.entries(prefix="%", limit=9)] == ["%"]
        ((_, value, size_bytes),) = view.entries(prefix="é", limit=1)
        assert (value, size_bytes) == ({"n": 1}, 4)
        ((_, big, size_bytes),) = view.entries(prefix="big", limit=1)
        assert isinstance(big, Undecodable)
        assert len(big) < size_bytes == 100_005


def test_history_comes_in_pages_from_the_newest(process: Process) -> None:
    with process.turn() as file:
        for n in range(1, 11):
            file.storage.sql("INSERT INTO messages(sender, body) VALUES('ada', ?)", f"message {n}")
    process.put("k", 1, COUNTER)
    process.sync()

    with inspect_room(process.path, LOBBY) as view:
        assert [row["seq"] for row in view.page(before=None, limit=3)] == [8, 9, 10]
        assert [row["body"] for row in view.page(before=3, limit=3)] == ["message 1", "message 2"]
    with inspect_room(process.path, COUNTER) as view, pytest.raises(NoHistory):
        view.page(before=None, limit=3)
