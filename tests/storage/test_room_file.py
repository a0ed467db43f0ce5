"""Turns of one room: all or nothing, committed behind the journal, undone when the journal fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import RoomDestroyed, RoomKey, SqlFailed, StorageSettings
from tests.storage.process import LOBBY, SMALL, Process


def files(process: Process) -> list[str]:
    return sorted(path.name for path in (process.path / "rooms").rglob("*") if path.is_file())


def test_a_turn_that_wrote_nothing_takes_no_record_and_touches_no_file(process: Process) -> None:
    with process.turn() as file:
        file.storage.get("a")
        file.storage.delete("a")
        file.storage.delete_alarm()
    assert process.waiting == []
    assert files(process) == []
    assert file.number == 0


def test_turns_are_numbered_from_one(process: Process) -> None:
    for value in range(3):
        process.put("a", value)
        process.room().begin()
        assert process.room().end() is None
    assert [record.number for record in process.waiting] == [1, 2, 3]
    assert {record.epoch for record in process.waiting} == {process.room().epoch}


def test_a_turn_that_raises_leaves_nothing(process: Process) -> None:
    process.put("a", 1)
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        file.storage.put("a", 2)
        file.storage.sql("INSERT INTO messages(body) VALUES('x')")
        file.storage.set_alarm(5000)
        file.tells.add(RoomKey("rooms", "other"), "greet", b"")
        raise RuntimeError
    assert file.storage.list() == {"a": 1}
    assert file.storage.sql("SELECT * FROM messages") == []
    assert file.storage.get_alarm() is None
    assert file.tells.unsent() == []
    assert file.number == 1
    assert file.stands()


def test_a_first_turn_that_raises_leaves_no_file(process: Process) -> None:
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        file.storage.put("a", 1)
        raise RuntimeError
    assert files(process) == []
    assert process.room().storage.get("a") is None
    process.put("a", 2)
    assert process.commit()
    assert process.room().storage.get("a") == 2


def test_turns_wait_for_their_records_before_the_file_has_them(process: Process) -> None:
    process.put("a", 1)
    process.put("a", 2)
    file = process.room()
    assert not file.commit(1), "the second turn is not durable"
    assert file.committed == 0
    assert file.commit(2)
    assert file.committed == 2
    assert file.uncommitted_bytes == 0


def test_other_tools_see_committed_turns_and_no_others(process: Process) -> None:
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(sender, body) VALUES('ada', 'hello')")
    process.commit()
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(sender, body) VALUES('bob', 'later')")
    path = next((process.path / "rooms").rglob("*.sqlite3"))
    looks = ["SELECT sender, body FROM messages", "PRAGMA application_id", "PRAGMA user_version", "PRAGMA integrity_check"]
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print([c.execute(look).fetchall() for look in sys.argv[2:]])"
    seen = subprocess.run([sys.executable, "-c", program, str(path), *looks], capture_output=True, text=True, check=True).stdout
    assert seen.strip() == str([[("ada", "hello")], [(0x524F4F4D,)], [(1,)], [("ok",)]])
    assert process.commit(), "the reader is gone and took nothing with it"


def test_the_file_and_its_folders_are_for_this_user_only(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    for path in process.path.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert process.path.stat().st_mode & 0o777 == 0o700


def test_closing_and_opening_keeps_everything(process: Process) -> None:
    with process.turn() as file:
        file.storage.put("a", [1])
        file.storage.set_alarm(5000)
    epoch = file.epoch
    process.hibernate()
    again = process.room()
    assert again is not file
    assert (again.storage.get("a"), again.storage.get_alarm(), again.number, again.epoch) == ([1], 5000, 1, epoch)


def test_an_undone_turn_never_was(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    with process.turn() as file:
        file.storage.put("a", 2)
        file.storage.set_alarm(7000)
        file.tells.add(RoomKey("rooms", "other"), "greet", b"")
    process.put("b", 3)
    file.undo(1)
    assert (file.number, file.storage.list(), file.storage.get_alarm(), file.tells.unsent()) == (1, {"a": 1}, None, [])
    process.waiting = []
    process.put("c", 4)
    assert process.waiting[0].number == 2
    process.commit()
    assert file.storage.list() == {"a": 1, "c": 4}


def test_undo_keeps_committed_and_durable_turns(process: Process) -> None:
    process.put("committed", 1)
    process.commit()
    process.put("durable", 2)
    process.sync()
    process.put("not", 3)
    process.room().undo(2)
    assert process.room().storage.list() == {"committed": 1, "durable": 2}
    process.waiting = []
    process.hibernate()
    assert process.room().storage.list() == {"committed": 1, "durable": 2}


def test_undo_inside_a_turn_ends_it(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    file = process.room()
    file.begin()
    file.storage.put("a", 2)
    file.undo(1)
    file.begin()
    assert file.storage.get("a") == 1


def test_a_room_of_which_no_turn_is_durable_goes_back_to_no_file(process: Process) -> None:
    process.put("a", 1)
    process.room().undo(0)
    assert files(process) == []
    assert process.room().storage.get("a") is None


def test_a_destroyed_room_is_gone_and_its_name_begins_anew(process: Process, start: Callable[..., Process]) -> None:
    with process.turn() as file:
        file.storage.put("a", 1)
        file.storage.set_alarm(5000)
    process.commit()
    epoch = file.epoch
    process.waiting.append(file.destroy())
    with pytest.raises(RoomDestroyed):
        file.begin()
    assert process.commit()
    assert files(process) == []
    assert process.folder.host.next_due() is None
    process.hibernate()
    assert process.room().storage.list() == {}
    assert process.room().epoch != epoch
    process.put("b", 2)
    process.commit()
    after = start(process.crash(process.path.with_name("crashed")))
    assert after.room().storage.list() == {"b": 2}
    assert after.room().epoch == process.room().epoch


def test_the_same_file_goes_on_as_a_new_room(process: Process) -> None:
    process.put("a", 1)
    file = process.room()
    process.waiting.append(file.destroy())
    process.commit()
    process.put("b", 2)
    assert process.waiting[0].number == 1
    process.commit()
    assert file.storage.list() == {"b": 2}


def test_a_destruction_whose_file_could_not_be_removed_yet_is_finished_when_the_name_is_used_again(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    epoch = process.room().epoch
    process.waiting.append(process.room().destroy())
    process.sync()
    process.room().undo(2)
    with pytest.raises(RoomDestroyed):
        process.room().begin()
    process.rooms.pop(LOBBY).close()
    assert process.room().storage.list() == {}
    assert process.room().epoch != epoch
    assert files(process) == []
    process.put("b", 2)
    process.commit()
    process.retire()
    assert process.segments == []


def test_a_destruction_that_was_not_durable_is_undone(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    process.room().destroy()
    assert not process.room().commit(1)
    process.room().undo(1)
    process.put("b", 2)
    process.commit()
    assert process.room().storage.list() == {"a": 1, "b": 2}


def test_a_room_that_never_wrote_can_be_destroyed(process: Process) -> None:
    epoch = process.room().epoch
    process.waiting.append(process.room().destroy())
    process.hibernate()
    assert process.room().epoch != epoch


def test_epochs_differ_by_folder_and_name(process: Process, start: Callable[..., Process], tmp_path: Path) -> None:
    other = start(tmp_path / "other")
    epochs = {p.room(RoomKey(kind, name)).epoch for p in (process, other) for kind, name in (("a", "bc"), ("ab", "c"), ("a", "b"))}
    assert len(epochs) == 6


def test_what_could_not_be_committed_is_there_when_the_room_is_opened_again(process: Process) -> None:
    """The disk was full when the room hibernated; its records are durable."""
    process.put("a", 1)
    process.put("b", 2)
    process.sync()
    process.rooms.pop(LOBBY).close()
    assert process.room().storage.list() == {"a": 1, "b": 2}
    process.put("c", 3)
    process.hibernate()
    assert process.room().storage.list() == {"a": 1, "b": 2, "c": 3}


def test_a_runtime_that_forgets_to_undo_does_no_harm(process: Process) -> None:
    """A savepoint without its transaction would commit a turn that no record tells of."""
    process.put("a", 1)
    process.sync()
    with pytest.raises(SqlFailed), process.turn() as file:  # noqa: PT012
        file.storage.sql("INSERT INTO messages(seq) VALUES(1)")
        file.storage.sql("INSERT OR ROLLBACK INTO messages(seq) VALUES(1)")
    process.put("b", 2)
    assert file._turns.connection is not None
    assert file._turns.connection.in_transaction
    process.hibernate()
    assert process.room().storage.list() == {"a": 1, "b": 2}


def test_a_record_is_small(process: Process) -> None:
    process.put("a", 1)
    process.put("a", 2)
    assert len(process.waiting[1].data) < 70


def test_settings_are_checked() -> None:
    for wrong in ({"durability": "perhaps"}, {"segment_bytes": 10}, {"keys_max": 0}, {"record_bytes_max": 5}):
        with pytest.raises(ValueError):
            StorageSettings(**wrong)  # type: ignore[arg-type]
    assert SMALL.keys_max == 128
