"""Migrations: once, in order, with a turn or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storage import MigrationFailed
from tests.storage.process import MESSAGES, MIGRATIONS, Process


def files(process: Process) -> list[str]:
    return sorted(path.name for path in (process.path / "rooms").rglob("*") if path.is_file())


def test_migrations_run_once_in_order_within_the_first_turn(start: Callable[..., Process], tmp_path: Path) -> None:
    old = start(migrations={"rooms": [MESSAGES]})
    with old.turn() as file:
        file.storage.sql("INSERT INTO messages(body) VALUES('old')")
    old.stop()
    steps = [
        MESSAGES,
        ["ALTER TABLE messages ADD COLUMN title DEFAULT '-'", "CREATE INDEX i ON messages(title)"],
        "UPDATE messages SET title = 'new'",
    ]
    new = start(migrations={"rooms": steps})
    with new.turn() as file:
        assert file.storage.sql("SELECT body, title FROM messages") == [("old", "new")]
    assert len(new.waiting) == 1, "the steps are a record, though the turn only read"
    new.sync()
    crashed = start(new.crash(tmp_path / "crashed"), migrations={"rooms": steps})
    with crashed.turn() as file:
        assert file.storage.sql("SELECT title FROM messages") == [("new",)]
    assert crashed.waiting == []


def test_a_turn_that_raises_takes_its_migration_back_and_the_next_does_it_again(start: Callable[..., Process]) -> None:
    old = start()
    old.put("a", 1)
    old.stop()
    new = start(migrations={"rooms": [MESSAGES, "CREATE TABLE added(a)"]})
    with pytest.raises(RuntimeError), new.turn():
        raise RuntimeError
    with new.turn() as file:
        assert file.storage.sql("SELECT count(*) FROM added") == [(0,)]


@pytest.mark.parametrize(
    "step", ["CREATE TABLE messages(again)", "nonsense", "INSERT INTO messages(seq) VALUES(random())", "DROP TABLE kv", "COMMIT"]
)
def test_a_migration_that_fails_leaves_the_file_as_it_was(start: Callable[..., Process], step: str) -> None:
    old = start()
    old.put("a", 1)
    old.stop()
    broken = start(migrations={"rooms": [MESSAGES, ["CREATE TABLE added(a)", step]]})
    for _ in range(2):
        with pytest.raises(MigrationFailed):
            broken.room().begin()
    broken.stop()
    again = start(migrations=MIGRATIONS)
    assert again.room().storage.list() == {"a": 1}
    assert again.room().storage.sql("SELECT name FROM sqlite_schema WHERE name = 'added'") == []


def test_a_file_of_a_newer_program_is_not_touched(start: Callable[..., Process]) -> None:
    newer = start(migrations={"rooms": [MESSAGES, "CREATE TABLE added(a)"]})
    newer.put("a", 1)
    newer.stop()
    older = start()
    with pytest.raises(MigrationFailed):
        older.room().begin()
    with pytest.raises(MigrationFailed):
        older.room().begin()


def test_a_new_room_whose_migrations_fail_leaves_no_file(start: Callable[..., Process]) -> None:
    broken = start(migrations={"rooms": ["nonsense"]})
    with pytest.raises(MigrationFailed), broken.turn() as file:
        file.storage.put("a", 1)
    assert files(broken) == []
