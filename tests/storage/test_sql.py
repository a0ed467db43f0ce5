"""The author's SQL: what it may do, what it may not, and that nothing of a refused statement is done (Durable Objects case 94, 95)."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pytest

from storage import (
    NotStorable,
    RoomFile,
    RoomKey,
    SqlFailed,
    SqlRefused,
    SqlTimeout,
    StorageError,
    StorageSettings,
    TooManyRows,
    TurnTooLarge,
    ValueTooLarge,
)
from tests.storage.process import LOBBY, Process

LIMITED = StorageSettings(
    rows_max=5, statement_bytes_max=200, row_bytes_max=1000, value_bytes_max=500, record_bytes_max=2000, segment_bytes=64 * 1024
)
COUNT_FOR_EVER = "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def lobby(process: Process) -> RoomFile:
    """A room with two messages, inside a turn."""
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(sender, body) VALUES(?, ?), (?, ?)", "ada", "hi", "bob", "ho")
    process.commit()
    file.begin()
    return file


def test_rows_come_as_tuples(lobby: RoomFile) -> None:
    assert lobby.storage.sql("SELECT seq, sender FROM messages WHERE seq > ? ORDER BY seq", 0) == [(1, "ada"), (2, "bob")]
    assert lobby.storage.sql("INSERT INTO messages(body) VALUES('x') RETURNING seq") == [(3,)]


def test_parameters_keep_their_types(lobby: RoomFile) -> None:
    given = (None, 1, -(2**63), 2.5, "tëxt\0x", b"\0bytes", True, bytearray(b"a"), memoryview(b"m"))
    row = lobby.storage.sql("SELECT " + ", ".join("?" * len(given)), *given)[0]
    assert row == (None, 1, -(2**63), 2.5, "tëxt\0x", b"\0bytes", 1, b"a", b"m")


@pytest.mark.parametrize("parameter", [2**63, {1}, [1], object(), "\ud800"], ids=repr)
def test_what_sql_cannot_hold_is_refused(lobby: RoomFile, parameter: object) -> None:
    with pytest.raises(NotStorable):
        lobby.storage.sql("INSERT INTO messages(body) VALUES(?)", parameter)
    assert lobby.storage.sql("SELECT count(*) FROM messages") == [(2,)]


REFUSED = [
    "BEGIN",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT x",
    "RELEASE turn",
    "ROLLBACK TO turn",
    "ATTACH 'x' AS y",
    "DETACH main",
    "VACUUM",
    "/* */ vacuum into 'x'",
    "PRAGMA user_version = 3",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA defer_foreign_keys = ON",
    "CREATE TEMP TABLE t(a)",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE VIRTUAL TABLE r USING rtree(a, b, c)",
    "INSERT INTO room VALUES(1)",
    "UPDATE ROOM SET number = 9",
    'DELETE FROM "kv"',
    "DROP TABLE kv",
    "ALTER TABLE kv ADD COLUMN a",
    "CREATE INDEX i ON kv(value)",
    "CREATE TRIGGER t AFTER INSERT ON kv BEGIN SELECT 1; END",
    "CREATE TABLE tells(a)",
    "CREATE VIEW Tells_Received AS SELECT 1",
    "INSERT INTO messages(seq) VALUES(random())",
    "INSERT INTO messages(body) VALUES(randomblob(8))",
    "INSERT INTO messages(body) VALUES(datetime('now'))",
    "UPDATE messages SET body = strftime('%s')",
    "INSERT INTO messages(body) VALUES(CURRENT_TIMESTAMP)",
    "INSERT INTO messages(seq) SELECT last_insert_rowid() + 1",
    "DELETE FROM messages WHERE seq = changes()",
    "CREATE TABLE t AS SELECT total_changes()",
    "SELECT 1; SELECT 2",
    "INSERT INTO messages(body) VALUES('a'); DELETE FROM messages",
    "",
    " ; ",
    "-- nothing",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_a_room_may_not_run_is_refused_and_nothing_is_done(process: Process, lobby: RoomFile, statement: str) -> None:
    before = lobby.storage.sql("SELECT * FROM messages")
    for _ in range(2):  # also when the text was seen before
        with pytest.raises(SqlRefused):
            lobby.storage.sql(statement)
    assert lobby.storage.sql("SELECT * FROM messages") == before
    assert lobby.end() is None
    assert lobby.stands()


def test_storages_own_texts_are_refused_to_authors_too(lobby: RoomFile) -> None:
    """SQLite keeps prepared statements by their text; that must be no way round the guard."""
    lobby.storage.put("a", 1)
    for text in ("SAVEPOINT turn", "RELEASE turn", "BEGIN IMMEDIATE", "DELETE FROM kv WHERE key = ?"):
        with pytest.raises(SqlRefused):
            lobby.storage.sql(text, *("a",) * text.count("?"))
    assert lobby.storage.get("a") == 1


def test_a_trigger_cannot_do_what_its_statement_may_not(lobby: RoomFile) -> None:
    sql = lobby.storage.sql
    sql("CREATE TABLE seen(what)")
    sql("CREATE TRIGGER t AFTER INSERT ON messages BEGIN INSERT INTO seen VALUES(random()); END")
    with pytest.raises(SqlRefused):
        sql("INSERT INTO messages(body) VALUES('x')")
    sql("DROP TRIGGER t")
    sql("CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM kv; END")
    with pytest.raises(SqlRefused):
        sql("INSERT INTO messages(body) VALUES('y')")
    assert sql("SELECT count(*) FROM messages") == [(2,)]


@pytest.mark.parametrize("default", ["CURRENT_TIMESTAMP", "(random())", "(datetime('now'))"])
def test_a_default_that_differs_each_time_is_refused_with_its_table(lobby: RoomFile, default: str) -> None:
    with pytest.raises(SqlRefused):
        lobby.storage.sql(f"CREATE TABLE t(a, at DEFAULT {default})")
    assert lobby.end() is None


ALLOWED = [
    "SELECT random(), datetime('now'), CURRENT_TIMESTAMP",
    "SELECT count(*) FROM kv",
    "SELECT number FROM room",
    "PRAGMA table_info(messages)",
    "SELECT name FROM pragma_table_list",
    "EXPLAIN QUERY PLAN SELECT * FROM messages",
    "EXPLAIN INSERT INTO messages(body) VALUES(1)",
    "SELECT 1; -- and nothing more",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_reading_anything_is_allowed_and_writes_nothing(lobby: RoomFile, statement: str) -> None:
    lobby.storage.sql(statement)
    assert lobby.end() is None


def test_an_author_may_make_tables_indexes_triggers_and_full_text_search(process: Process, lobby: RoomFile) -> None:
    for statement in (
        "CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID",
        "CREATE INDEX i ON t(b)",
        "ALTER TABLE t ADD COLUMN c DEFAULT 3",
        "ALTER TABLE t RENAME COLUMN c TO d",
        "CREATE VIRTUAL TABLE words USING fts5(body, content='messages', content_rowid='seq')",
        "CREATE TRIGGER w AFTER INSERT ON messages BEGIN INSERT INTO words(rowid, body) VALUES(new.seq, new.body); END",
        "INSERT INTO messages(body) VALUES('needle in hay')",
        "INSERT INTO words(words) VALUES('rebuild')",
        "ANALYZE",
        "REINDEX",
    ):
        lobby.storage.sql(statement)
    assert lobby.storage.sql("SELECT rowid FROM words WHERE words MATCH 'needle'") == [(3,)]
    record = lobby.end()
    assert record is not None
    process.waiting.append(record)
    process.commit()


def test_a_violated_constraint_is_an_error_and_the_turn_goes_on(lobby: RoomFile) -> None:
    lobby.storage.put("a", 1)
    with pytest.raises(SqlFailed) as caught:
        lobby.storage.sql("INSERT INTO messages(seq) VALUES(1)")
    assert caught.value.constraint
    lobby.storage.put("b", 2)
    assert lobby.end() is not None
    assert lobby.storage.list() == {"a": 1, "b": 2}


def test_what_or_fail_left_is_there_after_a_crash_too(process: Process, start: Callable[..., Process], tmp_path: object) -> None:
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(seq) VALUES(2)")
        with pytest.raises(SqlFailed):
            file.storage.sql("INSERT OR FAIL INTO messages(seq) VALUES(1), (2), (3)")
        expected = file.storage.sql("SELECT seq FROM messages")
    process.sync()
    after = start(process.crash(process.path.with_name("crashed")))
    assert after.room().storage.sql("SELECT seq FROM messages") == expected == [(1,), (2,)]


def test_or_rollback_gives_the_transaction_up_and_the_turn_cannot_end_well(process: Process) -> None:
    process.put("before", 1)
    process.sync()
    file = process.room()
    file.begin()
    file.storage.sql("INSERT INTO messages(seq) VALUES(1)")
    with pytest.raises(SqlFailed):
        file.storage.sql("INSERT OR ROLLBACK INTO messages(seq) VALUES(1)")
    assert not file.stands()
    with pytest.raises(SqlFailed):
        file.storage.put("later", 1)
    with pytest.raises(SqlFailed):
        file.end()
    file.rollback()
    file.undo(file.number)
    assert file.storage.list() == {"before": 1}
    assert file.storage.sql("SELECT count(*) FROM messages") == [(0,)]


def test_an_error_in_the_text_is_an_error_of_the_author(lobby: RoomFile) -> None:
    for statement in ("SELEC", "SELECT nothing FROM nowhere", "INSERT INTO messages VALUES(1)", "SELECT ?"):
        with pytest.raises(SqlFailed) as caught:
            lobby.storage.sql(statement)
        assert not caught.value.constraint
    with pytest.raises(SqlFailed):
        lobby.storage.sql("SELECT 1", 1, 2)
    assert lobby.end() is None


def test_sql_is_stopped_at_the_deadline_and_the_turn_is_lost(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    file = process.room()
    file.begin()
    file.storage.put("b", 1)
    file.sql_deadline = perf_counter() + 0.05
    with pytest.raises(SqlTimeout):
        file.storage.sql(COUNT_FOR_EVER)
    with pytest.raises(SqlTimeout):
        file.end()
    file.rollback()
    file.undo(file.number)
    assert file.storage.list() == {"a": 1}, "bringing the file forward is not stopped by a deadline that is past"


def test_a_writing_statement_that_is_stopped_takes_the_transaction_with_it_and_undo_mends_it(process: Process) -> None:
    process.put("a", 1)
    process.sync()
    file = process.room()
    file.begin()
    file.sql_deadline = perf_counter() + 0.05
    with pytest.raises(SqlTimeout):
        file.storage.sql(COUNT_FOR_EVER.replace("SELECT max", "INSERT INTO messages(seq) SELECT max"))
    assert not file.stands()
    file.rollback()
    file.undo(file.number)
    file.sql_deadline = None
    process.put("b", 2)
    process.commit()
    assert file.storage.list() == {"a": 1, "b": 2}


@pytest.fixture
def limited(start: Callable[..., Process]) -> Process:
    return start(settings=LIMITED)


def test_rows_are_bounded(limited: Process) -> None:
    with limited.turn() as file:
        for _ in range(6):
            file.storage.sql("INSERT INTO messages(body) VALUES('x')")
        assert len(file.storage.sql("SELECT seq FROM messages LIMIT 5")) == 5
        with pytest.raises(TooManyRows):
            file.storage.sql("SELECT seq FROM messages")
        assert len(file.storage.sql("SELECT seq FROM messages LIMIT 5")) == 5


def test_a_writing_statement_with_too_many_rows_has_written_all_the_same(limited: Process, start: Callable[..., Process]) -> None:
    with limited.turn() as file, pytest.raises(TooManyRows):
        file.storage.sql("INSERT INTO messages(seq) VALUES(1), (2), (3), (4), (5), (6) RETURNING seq")
    limited.sync()
    after = start(limited.crash(limited.path.with_name("crashed")))
    assert after.room().storage.sql("SELECT count(*) FROM messages") == [(6,)]


def test_a_statement_is_of_bounded_length(limited: Process) -> None:
    exact = "SELECT 1 --".ljust(200, "x")
    with limited.turn() as file:
        file.storage.sql(exact)
        with pytest.raises(SqlRefused):
            file.storage.sql(exact + "x")


def test_a_row_is_of_bounded_bytes(limited: Process) -> None:
    with limited.turn() as file:
        file.storage.sql("INSERT INTO messages(body) VALUES(?)", "x" * 900)
        with pytest.raises(ValueTooLarge):
            file.storage.sql("INSERT INTO messages(body) VALUES(?)", "x" * 1001)


def test_a_turn_is_of_bounded_bytes(limited: Process) -> None:
    limited.put("a", 1)
    with pytest.raises(TurnTooLarge), limited.turn() as file:  # noqa: PT012
        for _ in range(3):
            file.storage.sql("INSERT INTO messages(body) VALUES(?)", "x" * 800)
    assert limited.room().storage.sql("SELECT count(*) FROM messages") == [(0,)]
    assert limited.room().number == 1


def test_a_deferred_foreign_key_is_checked_at_the_end_of_the_turn(process: Process) -> None:
    with process.turn() as file:
        file.storage.sql("CREATE TABLE answers(to_seq REFERENCES messages(seq) DEFERRABLE INITIALLY DEFERRED)")
    with process.turn() as file:
        file.storage.sql("INSERT INTO answers VALUES(7)")
        file.storage.sql("INSERT INTO messages(seq) VALUES(7)")
    with pytest.raises(SqlFailed), process.turn() as file:
        file.storage.sql("INSERT INTO answers VALUES(8)")
    assert process.commit()
    assert file.storage.sql("SELECT * FROM answers") == [(7,)]


def test_foreign_keys_are_enforced(process: Process) -> None:
    with process.turn() as file:
        file.storage.sql("CREATE TABLE answers(to_seq REFERENCES messages(seq))")
        with pytest.raises(SqlFailed) as caught:
            file.storage.sql("INSERT INTO answers VALUES(8)")
        assert caught.value.constraint


def test_reading_a_room_that_never_wrote_sees_its_empty_tables_and_makes_no_file(process: Process) -> None:
    assert process.room().storage.sql("SELECT * FROM messages") == []
    with process.turn() as file:
        assert file.storage.sql("SELECT count(*) FROM messages") == [(0,)]
        for statement in ("COMMIT", "nonsense", "DELETE FROM kv"):
            with pytest.raises(StorageError):
                file.storage.sql(statement)
    assert not list((process.path / "rooms").rglob("*.sqlite3"))
    with process.turn() as file:
        file.storage.sql("INSERT INTO messages(body) VALUES('first')")
    assert process.room(LOBBY).storage.sql("SELECT body FROM messages") == [("first",)]


def test_rooms_that_never_wrote_read_the_same_empty_tables_each_under_its_own_limits(process: Process) -> None:
    early, late = process.room(RoomKey("rooms", "early")), process.room(RoomKey("rooms", "late"))
    early.begin()
    late.begin()
    assert early.storage.sql("SELECT * FROM messages") == late.storage.sql("SELECT * FROM messages") == []
    late.sql_deadline = perf_counter() - 1
    assert early.storage.sql(
        "SELECT max(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c LIMIT 100000)"
    )
    with pytest.raises(SqlTimeout):
        late.storage.sql(COUNT_FOR_EVER)
    late.rollback()
    early.storage.sql("INSERT INTO messages(body) VALUES('mine')")
    early.end()
    late.sql_deadline = None
    late.begin()
    assert late.storage.sql("SELECT * FROM messages") == [], "what another room wrote is in its own file"
