"""A backup is every room as of one moment, made while a server writes; what is restored of it begins new epochs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from storage import (
    BackupFailed,
    BackupUnusable,
    FolderInUse,
    FolderUnusable,
    LeftOut,
    Manifest,
    RoomKey,
    RoomSetAside,
    back_up,
    check_folder,
    inspect_room,
    list_rooms,
    read_history,
    restore,
)
from storage.kept_journal import KeptJournal
from storage.names import room_path
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]
ADA, BOB = RoomKey("rooms", "ada"), RoomKey("rooms", "bob")


def quiet(_what: str, _done: int, _total: int) -> None:
    pass


def say(process: Process, text: str, key: RoomKey = LOBBY) -> None:
    with process.turn(key) as file:
        file.storage.sql("INSERT INTO messages(sender, body) VALUES('ada', ?)", text)


def said(folder: Path, key: RoomKey = LOBBY) -> list[str]:
    return [row["body"] for row in read_history(folder, key)]


def state_of(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def folded(path: Path) -> Path:
    """The file without its write-ahead file, which could stand in for damaged pages."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    assert not path.with_name(path.name + "-wal").exists()
    return path


@pytest.fixture(params=["running", "killed", "stopped"])
def folder(request: pytest.FixtureRequest, process: Process, tmp_path: Path) -> Path:
    """Rooms of which a part is in the files and a part in the journal only, while a server runs, after it was killed, after it stopped."""
    for number in range(20):
        say(process, f"message {number}")
        if number == 9:
            process.commit()
    process.put("n", 1, ADA)
    with process.turn(ADA) as file:
        file.storage.set_alarm(5000)
        file.tells.add(BOB, "greet", b"")
        file.tells.record_received(BOB, process.room(BOB).epoch, 7)
    process.put("only in the journal", True, BOB)
    process.sync()
    if request.param == "killed":
        return process.crash(tmp_path / "killed")
    if request.param == "stopped":
        process.stop()
        process.rooms.clear()
    return process.path


def test_everything_is_there_again(folder: Path, tmp_path: Path, start: Start) -> None:
    before = state_of(folder)
    manifest = back_up(folder, tmp_path / "backup", quiet)
    assert state_of(folder) == before
    assert (manifest.rooms, manifest.left_out) == (3, [])
    assert said(tmp_path / "backup") == [f"message {number}" for number in range(20)], "a backup can be read as it lies"

    restored = tmp_path / "restored"
    assert restore(tmp_path / "backup", restored, quiet) == manifest
    assert said(restored) == [f"message {number}" for number in range(20)]
    assert list(check_folder(restored)) == []
    process = start(restored)
    assert process.room(BOB).storage.get("only in the journal") is True
    assert process.folder.host.due(5000, 10) == [(ADA, 5000)]
    assert [tell.method for tell in process.room(ADA).tells.unsent()] == ["greet"]
    say(process, "and on")
    process.commit()
    assert said(restored)[-1] == "and on"


def test_every_epoch_is_new_and_what_rooms_noted_of_each_other_follows(folder: Path, tmp_path: Path, start: Start) -> None:
    back_up(folder, tmp_path / "backup", quiet)
    epochs = []
    for name in ("one", "two"):
        restore(tmp_path / "backup", tmp_path / name, quiet)
        process = start(tmp_path / name)
        epochs.append({key: process.room(key).epoch for key in (LOBBY, ADA, BOB, RoomKey("rooms", "never used"))})
        assert {row.key: row.epoch for row in process.folder.host.rooms()}.items() <= epochs[-1].items()
        assert process.room(ADA).tells.received(BOB, epochs[-1][BOB]) == 7
    with inspect_room(folder, LOBBY) as view:
        assert len({view.epoch, epochs[0][LOBBY], epochs[1][LOBBY]}) == 3
    assert not set(epochs[0].values()) & set(epochs[1].values())


def test_rooms_are_of_one_moment_though_turns_go_on_and_segments_are_retired(process: Process, tmp_path: Path) -> None:
    """Ada's room counts, then Bob's, over and over while the files between them are copied."""
    for name in ("ada", "bob", *"cdefghij"):
        process.put("n", 0, RoomKey("rooms", name))
    process.commit()
    turns = 0

    def go_on(_what: str, _done: int, _total: int) -> None:
        nonlocal turns
        for _ in range(5):
            turns += 1
            for key in (ADA, BOB):
                with process.turn(key) as file:
                    file.storage.put("n", turns)
                    file.storage.put("filling", "x" * 500)
                process.sync()
            process.commit()
        process.retire()

    back_up(process.path, tmp_path / "backup", go_on)
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    counted = []
    for key in (ADA, BOB):
        with inspect_room(tmp_path / "restored", key) as view:
            counted.append(dict(view.values())["n"])
    assert counted[0] == counted[1] > 0


def test_rooms_made_and_destroyed_meanwhile_are_there_and_gone(process: Process, tmp_path: Path, start: Start) -> None:
    process.put("n", 1, BOB)
    process.put("n", 1, RoomKey("rooms", "zoe"))
    process.commit()

    def change(what: str, done: int, _total: int) -> None:
        if what == "copying rooms" and not done and BOB in process.rooms:
            process.put("n", 2, ADA)
            process.waiting.append(process.room(BOB).destroy())
            process.commit()
            del process.rooms[BOB]

    manifest = back_up(process.path, tmp_path / "backup", change)
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    assert [listing.key.name for listing in list_rooms(tmp_path / "restored")] == ["ada", "zoe"]
    assert manifest.rooms == 2
    restored = start(tmp_path / "restored")
    assert restored.room(ADA).storage.get("n") == 2
    assert restored.room(BOB).storage.get("n") is None


def test_a_room_that_is_set_aside_is_reported_and_the_others_are_copied(process: Process, tmp_path: Path, start: Start) -> None:
    process.put("n", 1, ADA)
    process.put("n", 1, BOB)
    process.stop()
    process.rooms.clear()
    folded(process.path / room_path(ADA)).write_bytes(b"no database at all" * 1000)
    again = start(process.path)
    with pytest.raises(RoomSetAside):
        again.room(ADA)

    manifest = back_up(process.path, tmp_path / "backup", quiet)
    assert (manifest.rooms, [left.where for left in manifest.left_out]) == (1, [str(ADA)])
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    restored = start(tmp_path / "restored")
    assert restored.room(BOB).storage.get("n") == 1
    with pytest.raises(RoomSetAside):
        restored.room(ADA)


def test_damage_that_nobody_has_met_yet_is_found(process: Process, tmp_path: Path) -> None:
    for number in range(200):
        process.put(f"key {number}", "x" * 1000, ADA)
    process.put("n", 1, BOB)
    process.stop()
    process.rooms.clear()
    path = folded(process.path / room_path(ADA))
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 5)
    manifest = back_up(process.path, tmp_path / "backup", quiet)
    assert (manifest.rooms, [left.where for left in manifest.left_out]) == (1, [str(ADA)])
    assert not (tmp_path / "backup" / room_path(ADA)).exists()


def test_a_large_room_is_copied_while_it_is_written_to(process: Process, tmp_path: Path, start: Start) -> None:
    """More than is copied through memory at once."""
    for number in range(12):
        process.put(f"large {number}", bytes([number]) * 1_900_000, ADA)
        process.commit()
    back_up(process.path, tmp_path / "backup", lambda _what, done, _total: process.put("n", done, ADA))
    assert (tmp_path / "backup" / room_path(ADA)).stat().st_size > 16 * 1024 * 1024
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    restored = start(tmp_path / "restored").room(ADA).storage
    assert [restored.get(f"large {number}") == bytes([number]) * 1_900_000 for number in range(12)] == [True] * 12


def test_other_files_come_along_for_their_owner_only(process: Process, tmp_path: Path) -> None:
    (process.path / "secret").write_text("hush")
    upload = process.path / "files" / "ab" / "picture"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"\x89PNG")
    back_up(process.path, tmp_path / "backup", quiet)
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    assert (tmp_path / "restored" / "secret").read_text() == "hush"
    assert (tmp_path / "restored" / "files/ab/picture").read_bytes() == b"\x89PNG"
    for path in [*(tmp_path / "backup").rglob("*"), *(tmp_path / "restored").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


class Stopped(Exception):
    pass


def stop_at(stage: str) -> Callable[[str, int, int], None]:
    def stop(what: str, _done: int, _total: int) -> None:
        if what == stage:
            raise Stopped

    return stop


@pytest.mark.parametrize("stage", ["copying rooms", "syncing"])
def test_an_interrupted_backup_is_refused(process: Process, tmp_path: Path, stage: str) -> None:
    say(process, "hello")
    process.commit()
    with pytest.raises(Stopped):
        back_up(process.path, tmp_path / "backup", stop_at(stage))
    with pytest.raises(BackupUnusable, match="half made"):
        restore(tmp_path / "backup", tmp_path / "restored", quiet)
    with pytest.raises(BackupUnusable, match="not empty"):
        back_up(process.path, tmp_path / "backup", quiet)
    assert not (tmp_path / "restored").exists()


@pytest.mark.parametrize("stage", ["copying", "bringing rooms forward", "beginning new epochs"])
def test_an_interrupted_restore_is_served_by_nobody(process: Process, tmp_path: Path, stage: str) -> None:
    say(process, "hello")
    process.sync()
    back_up(process.path, tmp_path / "backup", quiet)
    with pytest.raises(Stopped):
        restore(tmp_path / "backup", tmp_path / "restored", stop_at(stage))
    with pytest.raises(FolderUnusable, match="not finished"):
        Process(tmp_path / "restored")
    with pytest.raises(FolderUnusable, match="not empty"):
        restore(tmp_path / "backup", tmp_path / "restored", quiet)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm", [flip, Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])], ids=["flipped", "missing", "cut"]
)
@pytest.mark.parametrize("name", [room_path(LOBBY), "host.sqlite3", "journal/000000000001.journal", "SHA256SUMS"])
def test_a_damaged_backup_is_refused_and_nothing_is_written(
    process: Process, tmp_path: Path, name: str, harm: Callable[[Path], object]
) -> None:
    say(process, "hello")
    process.commit()
    back_up(process.path, tmp_path / "backup", quiet)
    harm(tmp_path / "backup" / name)
    with pytest.raises(BackupUnusable):
        restore(tmp_path / "backup", tmp_path / "restored", quiet)
    assert not (tmp_path / "restored").exists()


def test_a_list_that_leads_out_of_the_backup_is_refused(process: Process, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    back_up(process.path, backup, quiet)
    line = hashlib.sha256(b"").hexdigest() + "  ../elsewhere\n"
    (backup / "SHA256SUMS").write_text(line)
    manifest = (backup / "backup.json").read_text()
    start = manifest.index('"sums_sha256": "') + len('"sums_sha256": "')
    (backup / "backup.json").write_text(manifest[:start] + hashlib.sha256(line.encode()).hexdigest() + manifest[start + 64 :])
    with pytest.raises(BackupUnusable, match="names no file"):
        restore(backup, tmp_path / "restored", quiet)


def test_a_folder_that_is_used_or_not_empty_is_not_restored_into(process: Process, tmp_path: Path) -> None:
    back_up(process.path, tmp_path / "backup", quiet)
    with pytest.raises(FolderInUse):
        restore(tmp_path / "backup", process.path, quiet)
    (tmp_path / "something").mkdir()
    (tmp_path / "something" / "else").write_text("mine")
    with pytest.raises(FolderUnusable, match="not empty"):
        restore(tmp_path / "backup", tmp_path / "something", quiet)
    (tmp_path / "mounted" / "lost+found").mkdir(parents=True)
    assert restore(tmp_path / "backup", tmp_path / "mounted", quiet).files


def test_a_backup_is_not_made_inside_the_folder_and_not_served(process: Process, tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="inside"):
        back_up(process.path, process.path / "backups", quiet)
    with pytest.raises(FolderUnusable):
        back_up(tmp_path / "nothing", tmp_path / "backup", quiet)
    back_up(process.path, tmp_path / "backup", quiet)
    with pytest.raises(FolderUnusable, match="rooms restore"):
        Process(tmp_path / "backup")


def test_a_registry_that_is_lost_is_made_again(process: Process, tmp_path: Path, start: Start) -> None:
    process.put("n", 1, ADA)
    process.stop()
    process.rooms.clear()
    (process.path / "host.sqlite3").write_bytes(b"not a registry" * 500)
    manifest = back_up(process.path, tmp_path / "backup", quiet)
    assert [left.where for left in manifest.left_out] == ["host.sqlite3"]
    restore(tmp_path / "backup", tmp_path / "restored", quiet)
    assert start(tmp_path / "restored").room(ADA).storage.get("n") == 1


def test_segments_that_came_and_went_unseen_end_the_backup(process: Process, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}
    say(process, "first")
    process.sync()
    journal = KeptJournal(process.path / "journal", kept.__setitem__)
    for number in range(5):
        say(process, f"{number}" * 30_000)
        process.commit()
        process.retire()
    with pytest.raises(BackupFailed):
        journal.finish()
    journal.close()


def test_a_journal_of_many_segments_is_kept_with_few_descriptors(process: Process, tmp_path: Path) -> None:
    for number in range(100):
        say(process, f"{number} " * 10_000)
        process.sync()
        process.folder.journal.seal()
    kept: dict[str, bytes] = {}
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    journal = KeptJournal(process.path / "journal", kept.__setitem__)
    held = (len(list(Path("/proc/self/fd").iterdir())) if before else 0) - before
    journal.finish()
    journal.close()
    assert len(kept) == 100
    assert held <= 2


def test_a_server_that_begins_its_journal_anew_ends_the_backup(process: Process, tmp_path: Path, start: Start) -> None:
    say(process, "first")
    process.sync()
    journal = KeptJournal(process.path / "journal", lambda _name, _data: None)
    process.stop()
    process.rooms.clear()
    again = start(process.path)
    say(again, "second")
    again.sync()
    with pytest.raises(BackupFailed, match="started"):
        journal.finish()
    journal.close()


def test_what_was_left_out_is_said_in_one_line() -> None:
    assert str(LeftOut("rooms/lobby", "its file\nis damaged")) == "rooms/lobby: its file is damaged"
    assert Manifest.__struct_fields__[0] == "format"
