"""Looking from outside: every acknowledged turn is shown, beside a server, after it, after a crash; and nothing is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import (
    FolderUnusable,
    NoHistory,
    RoomKey,
    RoomSetAside,
    RoomUnknown,
    Undecodable,
    inspect_room,
    list_rooms,
    read_history,
)
from storage.names import room_path
from tests.storage.process import LOBBY, Process

Start = Callable[..., Process]
OTHER = RoomKey("rooms", "Other ä")
COUNTER = RoomKey("counters", "one")


@pytest.fixture
def server(process: Process) -> Process:
    """A server with a room that is partly committed, one that is only in the journal, one of another kind, one destroyed."""
    for number in range(1, 11):
        with process.turn() as file:
            file.storage.put("n", number)
            file.storage.sql("INSERT INTO messages(sender, body) VALUES('ada', ?)", f"message {number}")
            file.storage.set_alarm(1000 * number)
        if number == 5:
            process.commit()
    process.put("b", b"\x00\xff", COUNTER)
    process.put("a", [1, None], COUNTER)
    process.sync()
    process.put("gone", 1, RoomKey("rooms", "gone"))
    process.waiting.append(process.room(RoomKey("rooms", "gone")).destroy())
    process.commit_only(COUNTER, RoomKey("rooms", "gone"))
    with process.turn(OTHER) as file:
        file.storage.sql("INSERT INTO messages(body) VALUES('first')")
        file.tells.add(LOBBY, "greet", b"")
    process.sync()
    return process


def state_of(folder: Path) -> dict[str, str]:
    """Everything that a reader could have changed."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(params=["running", "killed", "stopped"])
def folder(request: pytest.FixtureRequest, server: Process, tmp_path: Path) -> Path:
    """The server's folder while it runs, after it was killed, and after it stopped."""
    if request.param == "killed":
        return server.crash(tmp_path / "killed")
    if request.param == "stopped":
        server.stop()
        server.rooms.clear()
    return server.path


def test_every_room_is_listed(folder: Path) -> None:
    before = state_of(folder)
    listed = {listing.key: listing for listing in list_rooms(folder)}
    assert list(listed) == sorted([COUNTER, LOBBY, OTHER])
    assert [listed[key].messages for key in (LOBBY, OTHER, COUNTER)] == [10, 1, None]
    assert all(listing.state == "live" and listing.size_bytes and listing.last_active_ms for listing in listed.values())
    assert [listing.key for listing in list_rooms(folder, "counters")] == [COUNTER]
    assert list(list_rooms(folder, "nothing")) == []
    assert state_of(folder) == before


def test_history_shows_every_message_in_order(folder: Path) -> None:
    before = state_of(folder)
    history = list(read_history(folder, LOBBY))
    assert [row["seq"] for row in history] == list(range(1, 11))
    assert history[-1] == {"seq": 10, "sender": "ada", "body": "message 10"}
    assert [row["seq"] for row in read_history(folder, LOBBY, tail=3)] == [8, 9, 10]
    assert [row["seq"] for row in read_history(folder, LOBBY, after=8)] == [9, 10]
    assert [row["seq"] for row in read_history(folder, LOBBY, after=5, tail=2)] == [9, 10]
    assert [row["body"] for row in read_history(folder, OTHER)] == ["first"]
    assert state_of(folder) == before


def test_a_room_shows_what_it_keeps(folder: Path) -> None:
    before = state_of(folder)
    with inspect_room(folder, LOBBY) as view:
        assert (view.number, len(view.epoch), view.keys(), list(view.values())) == (10, 16, 1, [("n", 10)])
        assert view.alarm is not None
        assert view.alarm.at_ms == 10_000
        assert view.tables() == {"messages": 10}
        assert view.size_bytes > 0
    with inspect_room(folder, COUNTER) as view:
        assert list(view.values()) == [("a", [1, None]), ("b", b"\x00\xff")]
        assert view.alarm is None
        assert view.messages() is None
    with inspect_room(folder, OTHER) as view:
        assert view.unsent_tells() == 1
    assert state_of(folder) == before


def test_what_is_not_there_is_said(folder: Path) -> None:
    for key in (RoomKey("rooms", "nobody"), RoomKey("rooms", "gone")):
        with pytest.raises(RoomUnknown), inspect_room(folder, key):
            pass
        with pytest.raises(RoomUnknown):
            list(read_history(folder, key))
    with pytest.raises(NoHistory):
        list(read_history(folder, COUNTER))


def test_the_server_goes_on_after_being_looked_at(server: Process) -> None:
    list(list_rooms(server.path))
    server.put("more", 1)
    server.hibernate()
    with inspect_room(server.path, LOBBY) as view:
        server.put("while it is open", 1)
        server.commit()
        assert dict(view.values()) == {"n": 10, "more": 1}
    assert server.room().storage.list() == {"more": 1, "n": 10, "while it is open": 1}


def test_a_file_that_was_never_synced_is_shown_from_the_journal(server: Process, tmp_path: Path) -> None:
    folder = server.crash(tmp_path / "cut")
    for suffix in ("", "-wal"):
        (folder / (room_path(LOBBY) + suffix)).unlink()
    assert len(list(read_history(folder, LOBBY))) == 10
    assert not (folder / room_path(LOBBY)).exists()


def test_a_damaged_room_is_said_to_be(server: Process, tmp_path: Path) -> None:
    server.commit()
    server.retire()
    folder = server.crash(tmp_path / "cut")
    (folder / room_path(LOBBY)).write_bytes(b"")
    with pytest.raises(RoomSetAside), inspect_room(folder, LOBBY):
        pass
    (listing,) = [listing for listing in list_rooms(folder) if listing.key == LOBBY]
    assert (listing.state, bool(listing.reason)) == ("set_aside", True)


def test_without_a_folder_or_a_host(server: Process, tmp_path: Path) -> None:
    with pytest.raises(FolderUnusable):
        list(list_rooms(tmp_path / "nothing"))
    server.commit()
    server.retire()
    for number, lose in enumerate((Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"garbage" * 1000))):
        folder = server.crash(tmp_path / f"lost {number}")
        (folder / "host.sqlite3-wal").unlink()
        lose(folder / "host.sqlite3")
        assert len(list(read_history(folder, LOBBY))) == 10
        assert [listing.key for listing in list_rooms(folder)] == sorted([COUNTER, LOBBY, OTHER])


def test_bytes_that_are_no_value_are_shown_as_they_are(process: Process) -> None:
    process.put("a", 1)
    process.commit()
    connection = process.room()._turns.connection
    assert connection is not None
    connection.execute("INSERT INTO kv VALUES('b', x'c1')")
    with inspect_room(process.path, LOBBY) as view:
        values = dict(view.values())
    assert values["b"] == b"\xc1"
    assert isinstance(values["b"], Undecodable)


def test_it_can_be_looked_at_while_a_server_writes_and_retires(process: Process) -> None:
    for number in range(1, 40):
        with process.turn() as file:
            file.storage.sql("INSERT INTO messages(body) VALUES(?)", "x" * 2000)
        process.sync()
        assert len(list(read_history(process.path, LOBBY))) == number
        if number % 3 == 0:
            process.commit()
            process.folder.retire()
