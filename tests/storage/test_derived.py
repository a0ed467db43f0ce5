"""Derived tables: in the file, in no record, never ahead of the turns they follow from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from storage import RoomFile, SqlFailed, SqlRefused, check_folder, inspect_room
from storage.names import room_path
from tests.storage.process import LOBBY, Process

SCHEMA = (
    "CREATE VIRTUAL TABLE derived_words USING fts5(body)",
    "CREATE TABLE derived_head(seq INTEGER)",
    "INSERT INTO derived_head VALUES(0)",
)
FOLLOW = "INSERT INTO derived_words(rowid, body) SELECT seq, body FROM messages WHERE seq > (SELECT seq FROM derived_head)"
ADVANCE = "UPDATE derived_head SET seq = (SELECT coalesce(max(seq), 0) FROM messages)"
FOUND = "SELECT rowid FROM derived_words WHERE derived_words MATCH ? ORDER BY rowid"
Start = Callable[..., Process]


@pytest.fixture
def derived(start: Start) -> Callable[..., Process]:
    """Starts a process whose rooms have derived tables."""

    def started(path: Path, *arguments: Any, schema: tuple[str, ...] = SCHEMA, **keywords: Any) -> Process:
        return start(path, *arguments, derived={"rooms": schema}, **keywords)

    return started


@pytest.fixture
def process(derived: Callable[..., Process], tmp_path: Path) -> Process:
    return derived(tmp_path / "data")


def say(process: Process, seq: int, body: str) -> None:
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages VALUES(?, 'ada', ?)", seq, body)


def follow(process: Process) -> None:
    with process.turn() as file:
        file.storage.sql(FOLLOW)
        file.storage.sql(ADVANCE)
    process.room().followed()


def found(process: Process, word: str) -> list[int]:
    with process.turn() as file:
        return [seq for (seq,) in file.storage.sql(FOUND, word)]


def test_an_index_with_changes_in_memory_hinders_no_statement_of_another_table(derived: Callable[..., Process], tmp_path: Path) -> None:
    schema = (*SCHEMA, "INSERT INTO derived_words(derived_words, rank) VALUES('secure-delete', 1)")
    process = derived(tmp_path / "data", schema=schema)
    for seq in (1, 2):
        say(process, seq, "alpha")
    follow(process)
    process.sync()
    process.commit()
    with process.turn() as file:
        file.storage.sql("DELETE FROM derived_words WHERE rowid = 1")
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages SELECT seq + ?, sender, body FROM messages", 10)
    assert found(process, "alpha") == [2]


def bytes_of(folder: Path, text: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_what_is_derived_is_read_back_and_takes_no_record(process: Process) -> None:
    say(process, 1, "hello")
    process.sync()
    number = process.room().number
    follow(process)
    assert process.waiting == []
    assert process.room().number == number
    assert found(process, "hello") == [1]


def test_it_is_committed_without_a_new_record_and_outlives_the_opening(process: Process) -> None:
    say(process, 1, "hello")
    process.commit()
    follow(process)
    assert process.room().derives
    process.hibernate()
    assert not process.room().derives
    assert found(process, "hello") == [1]


def test_it_is_not_committed_before_the_turns_it_follows_from_are_durable(process: Process, derived: Start, tmp_path: Path) -> None:
    say(process, 1, "hello")
    process.commit()
    say(process, 2, "again")
    follow(process)
    assert not process.room().commit(1)
    crashed = derived(process.crash(tmp_path / "crashed"))
    assert found(crashed, "again") == []
    with crashed.turn() as file:
        assert file.storage.sql("SELECT seq FROM messages") == [(1,)]


def test_undoing_a_turn_undoes_what_followed_from_it(process: Process) -> None:
    say(process, 1, "one")
    process.commit()
    follow(process)
    process.commit()
    say(process, 2, "two")
    follow(process)
    process.waiting.clear()
    process.room().undo(1)
    assert process.room().turns_behind
    assert (found(process, "one"), found(process, "two")) == ([1], [])
    say(process, 2, "other")
    follow(process)
    assert (found(process, "other"), found(process, "two")) == ([2], [])


def test_a_turn_that_raises_takes_back_what_it_derived(process: Process) -> None:
    say(process, 1, "hello")
    with pytest.raises(ZeroDivisionError), process.turn() as file:  # noqa: PT012
        file.storage.sql(FOLLOW)
        raise ZeroDivisionError
    assert found(process, "hello") == []
    follow(process)
    assert found(process, "hello") == [1]


def test_after_a_crash_it_is_behind_and_follows_from_where_it_was(process: Process, derived: Start, tmp_path: Path) -> None:
    say(process, 1, "one")
    follow(process)
    process.commit()
    say(process, 2, "two")
    process.sync()
    crashed = derived(process.crash(tmp_path / "crashed"))
    assert crashed.room().turns_behind
    assert (found(crashed, "one"), found(crashed, "two")) == ([1], [])
    follow(crashed)
    assert (found(crashed, "one"), found(crashed, "two"), crashed.room().turns_behind) == ([1], [2], 0)


def test_a_room_rebuilt_from_the_journal_alone_begins_with_empty_ones(process: Process, derived: Start, tmp_path: Path) -> None:
    say(process, 1, "one")
    process.sync()
    follow(process)
    crashed = derived(process.crash(tmp_path / "crashed"))
    assert found(crashed, "one") == []
    follow(crashed)
    assert found(crashed, "one") == [1]


def test_a_replayed_turn_that_forgets_drops_them(process: Process, derived: Start, tmp_path: Path) -> None:
    """What the turn itself took out of them is in no record."""
    say(process, 1, "xylophonist")
    follow(process)
    process.commit()
    with process.turn() as file:
        file.storage.sql("UPDATE messages SET body = '' WHERE seq = 1")
        file.storage.sql("DELETE FROM derived_words WHERE rowid = 1")
        file.storage.forget_deleted()
    process.sync()
    crashed = derived(process.crash(tmp_path / "crashed"))
    crashed.retire()
    crashed.retire()
    assert found(crashed, "xylophonist") == []
    assert bytes_of(crashed.path, "xylophonist") == []
    follow(crashed)


def test_other_statements_make_them_anew(process: Process, derived: Start) -> None:
    say(process, 1, "hello")
    follow(process)
    process.stop()
    again = derived(process.path, schema=(*SCHEMA, "CREATE TABLE derived_more(a)"))
    assert (found(again, "hello"), again.room().turns_behind) == ([], 1)
    follow(again)
    assert found(again, "hello") == [1]
    with again.turn() as file:
        assert file.storage.sql("SELECT * FROM derived_more") == []


def test_a_room_that_never_wrote_has_empty_ones_and_makes_no_file(process: Process) -> None:
    assert found(process, "hello") == []
    follow(process)
    assert process.room().turns_behind == 0
    assert not process.room().derives
    assert not (process.path / room_path(LOBBY)).exists()


def test_delete_all_empties_them_too_also_when_it_is_replayed(process: Process, derived: Start, tmp_path: Path) -> None:
    say(process, 1, "hello")
    follow(process)
    process.commit()
    with process.turn() as file:
        file.storage.delete_all()
    process.sync()
    assert found(process, "hello") == []
    assert found(derived(process.crash(tmp_path / "crashed")), "hello") == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO messages SELECT rowid + 100, 'x', body FROM derived_words",
        "DELETE FROM messages WHERE seq IN (SELECT seq FROM derived_head)",
        "CREATE TABLE copied AS SELECT * FROM derived_head",
    ],
)
def test_what_is_journaled_neither_reads_nor_writes_them(process: Process, statement: str) -> None:
    say(process, 1, "hello")
    with pytest.raises(SqlRefused), process.turn() as file:
        file.storage.sql(statement)


def test_no_trigger_writes_them_for_a_statement_that_is_journaled(process: Process) -> None:
    say(process, 1, "hello")
    with process.turn() as file:
        file.storage.sql("CREATE TRIGGER follow AFTER INSERT ON messages BEGIN INSERT INTO derived_head VALUES(new.seq); END")
    follow(process)
    with pytest.raises(SqlRefused):
        say(process, 2, "hello")


def test_a_schema_makes_no_table_that_is_not_derived(derived: Start, tmp_path: Path) -> None:
    process = derived(tmp_path / "data", schema=("CREATE TABLE derived_good(a)", "CREATE TABLE bad(a)"))
    say(process, 1, "hello")
    with pytest.raises(SqlRefused), process.turn() as file:
        file.storage.sql("SELECT * FROM derived_good")
    process.commit()
    with inspect_room(process.path, LOBBY) as view:
        assert "bad" not in view.tables()


def test_statements_over_them_may_use_what_no_replay_could_repeat(process: Process) -> None:
    say(process, 1, "hello")
    with process.turn() as file:
        file.storage.sql("UPDATE derived_head SET seq = abs(random() % 5)")


def test_damaged_ones_are_made_anew_and_the_room_lives_on(process: Process, derived: Start, tmp_path: Path) -> None:
    say(process, 1, "hello")
    follow(process)
    process.stop()
    path = process.path / room_path(LOBBY)
    connection = apsw.Connection(str(path))
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
    connection.execute("UPDATE derived_words_data SET block = x'00ff00ff00ff'")
    connection.close()
    again = derived(process.path)
    with pytest.raises(SqlFailed), again.turn() as file:
        file.storage.sql(FOUND, "hello")
    assert found(again, "hello") == []
    follow(again)
    assert found(again, "hello") == [1]
    again.stop()
    assert [str(fault) for fault in check_folder(again.path)] == []


def test_the_file_is_whole_for_other_programs(process: Process) -> None:
    for seq in range(1, 50):
        say(process, seq, f"word{seq} and others")
    follow(process)
    process.commit()
    assert [str(fault) for fault in check_folder(process.path)] == []
    with inspect_room(process.path, LOBBY) as view:
        assert list(view.rows(FOUND, "word7")) == [(7,)]
        assert view.tables()["derived_words"] == 49


def test_what_only_derived_tables_wrote_does_not_pile_up_beside_the_file(process: Process) -> None:
    say(process, 1, "hello")
    process.commit()
    process.retire()
    wal = Path(process.room()._standing.wal)
    for i in range(20):
        with process.turn() as file:
            file.storage.sql("INSERT INTO derived_words(body) VALUES(?)", f"x{i} " * 60_000)
        process.commit()
    assert wal.stat().st_size > process.folder._settings.wal_bytes_max
    process.retire()
    process.put("any", 1)
    process.commit()
    process.retire()
    assert wal.stat().st_size < process.folder._settings.wal_bytes_max


def test_the_number_of_the_file_does_not_move(process: Process) -> None:
    say(process, 1, "hello")
    process.commit()
    before = number_in(process.room())
    follow(process)
    process.commit()
    assert number_in(process.room()) == before == 1


def number_in(file: RoomFile) -> int:
    connection = apsw.Connection(str(file._standing.path), flags=apsw.SQLITE_OPEN_READONLY)
    with connection:
        (number,) = connection.execute("SELECT number FROM room").fetchone()  # type: ignore[misc]
    connection.close()
    return int(number)
