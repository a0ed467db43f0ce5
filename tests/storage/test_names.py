"""File names: any room's name makes one, no two rooms share one."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from storage import RoomKey
from storage.names import key_of, room_path

names = st.text(min_size=1, max_size=128)


def part(name: str) -> str:
    return room_path(RoomKey("rooms", name)).rsplit("/", 1)[1]


def test_plain_names_read_as_they_are() -> None:
    assert part("lobby") == "lobby.sqlite3"
    assert part("team 7/ä") == "team%207%2f%c3%a4.sqlite3"


@given(names)
def test_no_name_is_longer_than_a_file_system_takes(name: str) -> None:
    assert len(part(name).encode()) + len(".set-aside") <= 200


@given(names)
def test_a_name_is_one_harmless_part_of_a_path(name: str) -> None:
    path = PurePosixPath(room_path(RoomKey("rooms", name)))
    assert len(path.parts) == 4
    assert not set(path.name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_%~.")
    assert not path.name.startswith((".", "-wal"))


@given(st.lists(names, unique=True, min_size=2))
def test_no_two_rooms_share_a_file_even_where_case_is_ignored(several: list[str]) -> None:
    assert len({room_path(RoomKey("rooms", name)).casefold() for name in several}) == len(several)


def test_names_that_differ_by_case_do_not_meet() -> None:
    assert part("Lobby").casefold() != part("lobby").casefold()
    assert part("X" * 128).casefold() != part("x" * 128).casefold()


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    first, second = "ä" * 127 + "1", "ä" * 127 + "2"
    assert part(first) != part(second)
    assert "~" in part(first)


@given(names)
def test_the_room_is_read_back_from_a_name_that_was_not_cut(name: str) -> None:
    key = RoomKey("rooms", name)
    path = PurePosixPath("/data", room_path(key))
    assert key_of(path) == (None if "~" in path.name else key)


def test_a_file_of_another_name_is_no_rooms() -> None:
    assert key_of(PurePosixPath("/data/rooms/rooms/00/lobby.sqlite3")) is None
