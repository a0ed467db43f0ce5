"""Keys, as authors see them (Durable Objects §1.5, cases 82 to 92)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage import KeyTooLarge, NotStorable, StorageSettings, TooManyKeys, TooManyRows, ValueTooLarge
from tests.storage.process import Process

LIMITED = StorageSettings(key_bytes_max=8, value_bytes_max=16, keys_max=3, rows_max=3, segment_bytes=64 * 1024)


@pytest.fixture
def limited(start: Callable[..., Process]) -> Process:
    return start(settings=LIMITED)


def test_a_missing_key_is_the_default(process: Process) -> None:
    storage = process.room().storage
    assert storage.get("a") is None
    assert storage.get("a", 5) == 5
    assert storage.get_many(["a", "b"]) == {}
    assert storage.list() == {}


def test_a_turn_reads_what_it_wrote(process: Process) -> None:
    with process.turn() as file:
        file.storage.put("a", 1)
        assert file.storage.get("a") == 1
        file.storage.put("a", 2)
        assert file.storage.get("a") == 2
        assert file.storage.delete("a")
        assert file.storage.get("a") is None
        assert file.storage.list() == {}


def test_a_value_is_a_copy(process: Process) -> None:
    value = [1]
    with process.turn() as file:
        file.storage.put("a", value)
        value.append(2)
        file.storage.get("a").append(3)
        assert file.storage.get("a") == [1]


def test_many_come_in_the_order_of_their_bytes_and_without_the_missing(process: Process) -> None:
    with process.turn() as file:
        file.storage.put_many({"b": 2, "é": 3, "a": 1, "\U0001f600": 5, "\uffff": 4})
        assert list(file.storage.get_many(["\U0001f600", "é", "z", "a"])) == ["a", "é", "\U0001f600"]
        assert list(file.storage.list()) == ["a", "b", "é", "\uffff", "\U0001f600"]


def test_deleting_says_what_was_there(process: Process) -> None:
    with process.turn() as file:
        file.storage.put_many({"a": 1, "b": 2})
        assert not file.storage.delete("c")
        assert file.storage.delete_many(["a", "c", "b"]) == 2


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"start": "b"}, "bcde"),
        ({"start_after": "b"}, "cde"),
        ({"end": "c"}, "ab"),
        ({"start": "b", "end": "d"}, "bc"),
        ({"start": "b", "limit": 2}, "bc"),
        ({"reverse": True}, "edcba"),
        ({"reverse": True, "start": "b", "end": "d"}, "cb"),
        ({"reverse": True, "limit": 2}, "ed"),
        ({"start": "d", "end": "b"}, ""),
        ({"prefix": "c"}, "c"),
        ({"prefix": "c", "start": "d"}, ""),
        ({"prefix": "x"}, ""),
        ({"start": "aa", "start_after": None}, "bcde"),
    ],
)
def test_a_list_keeps_its_bounds(process: Process, bounds: dict[str, object], expected: str) -> None:
    with process.turn() as file:
        file.storage.put_many({key: key for key in "abcde"})
        assert "".join(file.storage.list(**bounds)) == expected  # type: ignore[arg-type]


def test_a_prefix_ends_where_its_last_character_ends(process: Process) -> None:
    keys = ["a", "a\U0010ffff", "a\U0010ffffx", "a\ud7ff", "a\ue000", "b"]
    with process.turn() as file:
        file.storage.put_many(dict.fromkeys(keys, 1))
        assert list(file.storage.list(prefix="a\U0010ffff")) == ["a\U0010ffff", "a\U0010ffffx"]
        assert list(file.storage.list(prefix="a\ud7ff")) == ["a\ud7ff"]
        assert len(file.storage.list(prefix="a")) == 5


def test_a_list_refuses_what_makes_no_sense(process: Process) -> None:
    storage = process.room().storage
    with pytest.raises(TypeError):
        storage.list(start="a", start_after="b")
    for limit in (0, -1):
        with pytest.raises(TypeError):
            storage.list(limit=limit)


def test_a_key_is_text_of_bounded_bytes(limited: Process) -> None:
    with limited.turn() as file:
        file.storage.put("x" * 8, 1)
        file.storage.put("ä" * 4, 1)
        for key in ("x" * 9, "ä" * 4 + "x", "\U0001f600" * 3):
            with pytest.raises(KeyTooLarge):
                file.storage.put(key, 1)
            with pytest.raises(KeyTooLarge):
                file.storage.get(key)
        for odd in (1, None, b"a", "\ud800"):
            with pytest.raises(NotStorable):
                file.storage.put(odd, 1)  # type: ignore[arg-type]


def test_a_value_is_of_bounded_bytes(limited: Process) -> None:
    with limited.turn() as file:
        file.storage.put("a", b"x" * 14)  # two more are its head
        with pytest.raises(ValueTooLarge) as caught:
            file.storage.put("a", b"x" * 15)
        assert caught.value.size_bytes == 17
        assert file.storage.get("a") == b"x" * 14


def test_the_largest_value_and_key_that_are_promised_are_stored(process: Process) -> None:
    value = b"x" * (2 * 1024 * 1024 - 5)
    with process.turn() as file:
        file.storage.put("k" * 2048, value)
    process.commit()
    assert process.room().storage.get("k" * 2048) == value
    with process.turn() as file, pytest.raises(ValueTooLarge):
        file.storage.put("k", value + b"x")


def test_a_call_names_a_bounded_number_of_keys(limited: Process) -> None:
    three = {"a": 1, "b": 2, "c": 3}
    with limited.turn() as file:
        file.storage.put_many(three)
        assert file.storage.get_many(three) == three
        four = three | {"d": 4}
        for call in (file.storage.put_many, file.storage.get_many, file.storage.delete_many):
            with pytest.raises(TooManyKeys):
                call(four)
        assert file.storage.list() == three


def test_a_multi_put_with_a_bad_entry_stores_none(process: Process) -> None:
    with process.turn() as file:
        with pytest.raises(NotStorable):
            file.storage.put_many({"a": 1, "b": 2, "c": {3}})
        assert file.storage.list() == {}


def test_a_list_is_of_bounded_length(limited: Process) -> None:
    with limited.turn() as file:
        for key in "abcd":
            file.storage.put(key, 1)
        assert len(file.storage.list(limit=3)) == 3
        with pytest.raises(TooManyRows):
            file.storage.list()


def test_delete_all_leaves_the_room_as_new(process: Process) -> None:
    with process.turn() as file:
        file.storage.put("a", 1)
        file.storage.set_alarm(1000)
        file.storage.sql("INSERT INTO messages(body) VALUES('x')")
        file.storage.sql("CREATE TABLE own(a REFERENCES messages(seq))")
        file.storage.sql("INSERT INTO own VALUES(1)")
        file.storage.sql("CREATE VIRTUAL TABLE words USING fts5(body)")
        file.storage.sql("INSERT INTO words VALUES('hello')")
        file.storage.sql("CREATE VIEW lines AS SELECT body FROM messages")
    with process.turn() as file:
        file.storage.delete_all()
        assert file.storage.list() == {}
        assert file.storage.get_alarm() is None
        assert file.storage.sql("SELECT count(*) FROM messages") == [(0,)]
        assert file.storage.sql("SELECT name FROM sqlite_schema WHERE name IN ('own', 'words', 'lines')") == []
        file.storage.sql("INSERT INTO messages(body) VALUES('y')")
    process.commit()


def test_delete_all_is_undone_with_its_turn(process: Process) -> None:
    with process.turn() as file:
        file.storage.put("a", 1)
        file.storage.sql("INSERT INTO messages(body) VALUES('x')")
        file.storage.set_alarm(1000)
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        file.storage.delete_all()
        raise RuntimeError
    assert file.storage.get("a") == 1
    assert file.storage.get_alarm() == 1000
    assert file.storage.sql("SELECT body FROM messages") == [("x",)]


def test_delete_all_of_a_room_that_never_wrote_makes_no_file(process: Process) -> None:
    with process.turn() as file:
        file.storage.delete_all()
    assert not process.waiting
    assert not list((process.path / "rooms").rglob("*.sqlite3"))
