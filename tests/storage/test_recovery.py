"""Start-up after a crash: every promised turn is there once, whatever was lost with the power, whenever start-up itself was cut short."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from storage import DataFolder, FolderUnusable, RoomKey, RoomSetAside, StorageFull, StorageSettings, SyncFailed
from storage.names import room_path
from tests.storage.failing_disk import BROKEN, FailingDisk, Stopped
from tests.storage.full_disk import full_disk
from tests.storage.process import LOBBY, MIGRATIONS, SMALL, Process

Start = Callable[..., Process]
OTHER = RoomKey("rooms", "Other ä")


@pytest.fixture
def crashed(process: Process, tmp_path: Path) -> Path:
    """Two rooms with ten turns each: five committed, five in the journal only; the last turn was not yet in the journal."""
    for number in range(1, 11):
        for key in (LOBBY, OTHER):
            with process.turn(key) as file:
                file.storage.put("n", number)
                file.storage.sql("INSERT INTO messages(body) VALUES(?)", f"message {number}")
                file.storage.set_alarm(1000 * number)
        process.commit() if number == 5 else process.sync()
    process.put("never", "promised")
    return process.crash(tmp_path / "crashed")


def whole(process: Process, key: RoomKey = LOBBY) -> bool:
    """Whether the room is as its ten turns left it."""
    file = process.room(key)
    bodies = [body for (body,) in file.storage.sql("SELECT body FROM messages ORDER BY seq")]
    return (file.number, file.storage.list(), file.storage.get_alarm(), bodies) == (
        10,
        {"n": 10},
        10_000,
        [f"message {number}" for number in range(1, 11)],
    )


def file_of(folder: Path, key: RoomKey = LOBBY) -> Path:
    return folder / room_path(key)


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_every_turn_in_the_journal_is_in_its_room(start: Start, crashed: Path) -> None:
    after = start(crashed)
    assert whole(after)
    assert whole(after, OTHER)
    assert after.folder.host.next_due() == 10_000
    assert after.folder.faults == []


def test_the_rooms_go_on_and_survive_the_next_crash(start: Start, crashed: Path, tmp_path: Path) -> None:
    after = start(crashed)
    after.put("more", 1)
    after.sync()
    assert after.room().number == 11
    again = start(after.crash(tmp_path / "again"))
    assert again.room().storage.list() == {"more": 1, "n": 10}


def test_starting_twice_applies_nothing_twice(start: Start, crashed: Path, tmp_path: Path) -> None:
    first = start(crashed)
    second = start(first.crash(tmp_path / "again"))
    assert whole(second)
    third = start(second.crash(tmp_path / "third"))
    assert whole(third)


@pytest.mark.parametrize("key", [LOBBY, OTHER])
def test_a_file_whose_whole_history_is_in_the_journal_is_made_again(start: Start, crashed: Path, key: RoomKey) -> None:
    """A power cut may take a file that was never synced."""
    remove(file_of(crashed, key))
    assert whole(start(crashed), key)


def test_a_log_that_is_lost_is_done_again(start: Start, crashed: Path) -> None:
    path = file_of(crashed)
    path.with_name(path.name + "-wal").unlink()
    assert whole(start(crashed))


def test_an_empty_file_whose_whole_history_is_in_the_journal_is_made_again(start: Start, crashed: Path) -> None:
    file_of(crashed).write_bytes(b"")
    assert whole(start(crashed))


def test_a_log_cut_anywhere_is_brought_forward(start: Start, crashed: Path, tmp_path: Path) -> None:
    wal = Path(f"{file_of(crashed)}-wal")
    size_bytes = wal.stat().st_size
    for part in range(12):
        folder = tmp_path / str(part)
        shutil.copytree(crashed, folder)
        os.truncate(Path(f"{file_of(folder)}-wal"), size_bytes * part // 12)
        assert whole(start(folder)), part


@pytest.fixture
def retired(process: Process, crashed: Path, start: Start, tmp_path: Path) -> Path:
    """The crashed folder when its turns are in the files and synced, with one more turn of each room in the journal."""
    after = start(crashed)
    after.retire()
    assert after.segments == []
    after.put("late", 1)
    after.put("late", 1, OTHER)
    after.sync()
    return after.crash(tmp_path / "retired")


def be_of_another_room(path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.execute("UPDATE room SET name = 'another'; PRAGMA wal_checkpoint(TRUNCATE)")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": remove,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: (path.write_bytes(b"no database " * 1000), os.truncate(f"{path}-wal", 0)),
    "cut": lambda path: (os.truncate(path, 4096), os.truncate(f"{path}-wal", 0)),
    "of another room": be_of_another_room,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_other_damaged_file_is_set_aside_untouched_while_others_serve(start: Start, retired: Path, damage: str) -> None:
    path = file_of(retired)
    DAMAGES[damage](path)
    before = path.read_bytes() if path.exists() else None
    after = start(retired)
    for _ in range(2):
        with pytest.raises(RoomSetAside) as caught:
            after.room()
        assert caught.value.reason
    assert after.folder.host.is_set_aside(LOBBY) == caught.value.reason
    assert after.room(OTHER).storage.list() == {"late": 1, "n": 10}
    assert (path.read_bytes() if path.exists() else None) == before
    assert Path(f"{path}.set-aside").read_text()
    again = start(after.crash(retired.with_name("again")))
    assert again.folder.host.is_set_aside(LOBBY)


def test_the_records_of_a_room_set_aside_move_beside_it(start: Start, retired: Path) -> None:
    remove(file_of(retired))
    after = start(retired)
    after.put("more", 1, OTHER)
    after.commit()
    after.retire()
    assert after.segments == []
    assert b"late" in Path(f"{file_of(retired)}.records").read_bytes()
    assert not file_of(retired).exists()


def test_a_room_whose_file_was_mended_is_served_again_when_its_marker_is_gone(start: Start, retired: Path) -> None:
    path = file_of(retired)
    good = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    DAMAGES["garbage"](path)
    start(retired).stop()
    path.write_bytes(good[0])
    Path(f"{path}-wal").write_bytes(good[1])
    still = start(retired)
    with pytest.raises(RoomSetAside):
        still.room()
    still.stop()
    Path(f"{path}.set-aside").unlink()
    after = start(retired)
    assert after.room().storage.get("n") == 10


def test_a_room_that_was_not_mended_stays_set_aside_without_its_marker(start: Start, retired: Path) -> None:
    for damage in ("garbage", "empty", "missing", "of another room"):
        folder = retired.with_name(damage)
        shutil.copytree(retired, folder)
        DAMAGES[damage](file_of(folder))
        start(folder).stop()
        Path(f"{file_of(folder)}.set-aside").unlink()
        after = start(folder)
        with pytest.raises(RoomSetAside):
            after.room()


def test_a_missing_record_sets_the_room_aside_with_its_number(start: Start, crashed: Path, process: Process) -> None:
    process.retire()
    (segment, *_) = sorted((crashed / "journal").iterdir())
    data = bytearray(segment.read_bytes())
    at = data.index(b"message 7")
    data[at] ^= 1
    segment.write_bytes(data)
    after = start(crashed)
    assert after.folder.faults
    with pytest.raises(RoomSetAside, match="record 7 is missing"):
        after.room()
    assert whole(after, OTHER)


def test_a_torn_tail_is_cut_and_forgotten(start: Start, crashed: Path, process: Process) -> None:
    segment = max(path for path in (crashed / "journal").iterdir() if path.read_bytes().strip(b"\0"))
    data = segment.read_bytes()
    used = len(data.rstrip(b"\0"))
    segment.write_bytes(data[: used - 3].ljust(len(data), b"\0"))
    after = start(crashed)
    assert after.folder.faults == []
    assert [after.room(key).number for key in (LOBBY, OTHER)] == [9, 9]
    assert segment.stat().st_size < used
    assert start(after.crash(crashed.with_name("again"))).folder.faults == []


def test_killed_at_any_call_of_start_up_the_next_start_finds_everything(crashed: Path, tmp_path: Path, start: Start) -> None:
    def attempt(folder: Path, disk: FailingDisk) -> bool:
        shutil.copytree(crashed, folder)
        remove(file_of(folder, OTHER))
        try:
            DataFolder.open(folder, SMALL, migrations=MIGRATIONS, disk=disk).close()
        except Stopped:
            return False
        return True

    k = 0
    done = False
    while not done:
        k += 1
        done = attempt(tmp_path / str(k), FailingDisk(k))
        after = start(tmp_path / str(k))
        assert whole(after), k
        assert whole(after, OTHER), k
        assert after.folder.faults == [], k
    assert k > 5


def test_killed_at_any_statement_of_start_up_the_next_start_finds_everything(crashed: Path, tmp_path: Path, start: Start) -> None:
    """SQLite's writes stop at the k-th, as if the process had been killed there."""
    for k in range(1, 60):
        folder = tmp_path / str(k)
        shutil.copytree(crashed, folder)
        remove(file_of(folder, OTHER))
        with full_disk() as disk:
            disk.full_after = k
            with contextlib.suppress(StorageFull, FolderUnusable):
                DataFolder.open(folder, SMALL, migrations=MIGRATIONS).close()
            reached = disk.is_full
        after = start(folder)
        assert whole(after), k
        assert whole(after, OTHER), k
        if not reached:
            break
    assert k > 5


def test_without_space_start_up_fails_and_the_next_one_finds_everything(crashed: Path, start: Start) -> None:
    with full_disk() as disk:
        disk.is_full = True
        with pytest.raises(StorageFull):
            start(crashed)
    assert whole(start(crashed))


def test_a_failed_sync_at_start_up_is_no_start(crashed: Path, start: Start) -> None:
    with pytest.raises(SyncFailed):
        start(crashed, disk=FailingDisk(1, BROKEN, kinds=("fdatasync",)))
    assert whole(start(crashed))


def test_another_folders_journal_is_refused(start: Start, crashed: Path, tmp_path: Path) -> None:
    other = start(tmp_path / "other")
    other.put("a", 1)
    other.sync()
    shutil.copy(other.segments[0], crashed / "journal")
    with pytest.raises(FolderUnusable):
        start(crashed)


@pytest.mark.parametrize("how", ["missing", "empty", "garbage"])
def test_a_lost_host_is_made_again_from_the_files(start: Start, crashed: Path, how: str) -> None:
    before = start(crashed)
    with before.turn(OTHER) as file:
        file.tells.add(LOBBY, "greet", b"")
    before.commit()
    epoch, folder_id = before.room().epoch, before.folder.folder_id
    folder = before.crash(crashed.with_name("lost"))
    host = folder / "host.sqlite3"
    remove(host) if how == "missing" else DAMAGES[how](host)
    after = start(folder)
    seen = [str(row.key) for row in after.folder.host.rooms()]
    assert seen == [str(key) for key in sorted((LOBBY, OTHER))]
    assert whole(after)
    assert after.folder.host.next_due() == 10_000
    assert list(after.folder.host.unsent()) == [OTHER]
    assert after.room().epoch == epoch
    assert after.folder.folder_id != folder_id, "names that begin anew must not meet epochs of before"
    again = start(after.crash(crashed.with_name("again")))
    assert whole(again)


@pytest.mark.parametrize("page", range(1, 6))
def test_a_host_with_one_damaged_page_is_made_again_from_the_files(start: Start, crashed: Path, page: int) -> None:
    start(crashed).stop()
    host = crashed / "host.sqlite3"
    with sqlite3.connect(host) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(host.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = bytes(each ^ 0xA5 for each in content[page * 4096 : (page + 1) * 4096])
    host.write_bytes(content)
    after = start(crashed)
    assert whole(after)
    assert after.folder.host.next_due() == 10_000
    assert "host.sqlite3 is damaged" in after.folder.faults[0]


def test_a_lost_host_does_not_bring_a_room_back_that_was_set_aside(start: Start, retired: Path) -> None:
    DAMAGES["garbage"](file_of(retired))
    start(retired).stop()
    remove(retired / "host.sqlite3")
    after = start(retired)
    with pytest.raises(RoomSetAside):
        after.room()


def test_a_destruction_is_finished_after_a_crash(process: Process, start: Start, tmp_path: Path) -> None:
    process.put("a", 1)
    process.commit()
    epoch = process.room().epoch
    process.waiting.append(process.room().destroy())
    process.sync()
    assert file_of(process.path).exists()
    after = start(process.crash(tmp_path / "crashed"))
    assert not file_of(after.path).exists()
    assert after.room().storage.list() == {}
    assert after.room().epoch != epoch
    after.put("b", 2)
    after.sync()
    again = start(after.crash(tmp_path / "again"))
    assert again.room().storage.list() == {"b": 2}
    assert again.room().number == 1


def test_a_room_destroyed_and_made_again_keeps_only_its_second_history(process: Process, start: Start, tmp_path: Path) -> None:
    for value in ("first", "second", "third"):
        process.put(value, 1)
        process.put("more", value)
        process.commit()
        if value != "third":
            process.waiting.append(process.room().destroy())
            process.commit()
    for name, lose in (("as it was", False), ("file lost", True)):
        folder = process.crash(tmp_path / name)
        if lose:
            remove(file_of(folder))
        after = start(folder)
        assert after.room().storage.list() == {"third": 1, "more": "third"}
        assert after.room().epoch == process.room().epoch


def test_a_file_that_was_made_but_never_committed_is_no_room(process: Process, start: Start, tmp_path: Path) -> None:
    process.put("a", 1)
    after = start(process.crash(tmp_path / "crashed"))
    assert file_of(after.path).exists()
    assert after.room().storage.list() == {}
    after.put("b", 1)
    after.hibernate()
    assert after.room().storage.list() == {"b": 1}


def test_what_a_relaxed_journal_wrote_survives_a_killed_process(start: Start, tmp_path: Path) -> None:
    process = start(settings=StorageSettings(durability="relaxed", segment_bytes=64 * 1024))
    process.put("a", 1)
    process.sync()
    after = start(process.crash(tmp_path / "crashed"))
    assert after.room().storage.list() == {"a": 1}


def test_progress_is_told(crashed: Path) -> None:
    told: list[tuple[str, int, int]] = []
    DataFolder.open(crashed, SMALL, migrations=MIGRATIONS, progress=lambda *step: told.append(step)).close()
    assert ("bringing rooms forward", 2, 2) in told
    assert told[0][0] == "reading the journal"
