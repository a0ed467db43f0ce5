"""The list of all rooms: those in memory and those on the disk, in one order, however they are paged and filtered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from gateway.api.admin import listing
from gateway.api.admin.listing import FIRST, Filter, rooms_after
from gateway.api.admin.room_rows import STATE_NAMES
from rooms import RoomKey, State
from storage import RegistryRow

ALL = Filter(None, None, "")


class Rooms:
    """What stands in for the overview: ``registered`` are names on the disk, ``in_memory`` says where those in memory are."""

    def __init__(self, registered: dict[RoomKey, str], in_memory: dict[RoomKey, State]) -> None:
        self._registered = registered
        self._in_memory = in_memory
        self.looked_at = 0

    def in_memory(self) -> list[RoomKey]:
        return list(self._in_memory)

    def set_aside(self) -> list[RoomKey]:
        return [key for key, state in self._registered.items() if state == "set_aside"]

    def state(self, key: RoomKey) -> str:
        return "set_aside" if key in self.set_aside() else STATE_NAMES[self._in_memory.get(key, State.EVICTED)]

    def registered(self, after: RoomKey, kind: str | None = None) -> Iterator[RegistryRow]:
        for key in sorted(self._registered):
            if key > after and kind in (None, key.kind):
                self.looked_at += 1
                yield RegistryRow(key, 0, "e", self._registered[key], None, None, False)

    async def everything(self, wanted: Filter, limit: int) -> list[RoomKey]:
        """All pages, put together."""
        found: list[RoomKey] = []
        after: RoomKey | None = FIRST
        while after is not None:
            page = await rooms_after(cast(Any, self), self.state, wanted, after, limit)
            assert len(page.keys) <= limit
            found += page.keys
            assert page.after is None or page.after > after
            after = page.after
        return found


def room(n: int) -> RoomKey:
    return RoomKey("rooms" if n % 3 else "counters", f"Room {n:03}")


def is_set_aside(n: int) -> bool:
    return n < 80 and n % 11 == 0 and n % 7 != 0


@pytest.fixture
def rooms() -> Rooms:
    """A hundred rooms, some on the disk, some in memory, some in both, some destroyed or set aside."""
    registered = {room(n): "destroyed" if n % 7 == 0 else "set_aside" if is_set_aside(n) else "live" for n in range(80)}
    in_memory = {room(n): State.AWAKE if n % 2 else State.HIBERNATED for n in range(60, 100)}
    return Rooms(registered, in_memory)


@pytest.mark.parametrize("limit", [1, 2, 7, 50, 200])
async def test_every_room_is_listed_once_and_in_order(rooms: Rooms, limit: int) -> None:
    everything = sorted(room(n) for n in range(100) if n % 7 or n >= 60)
    assert await rooms.everything(ALL, limit) == everything


@pytest.mark.parametrize("limit", [1, 3, 200])
@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(None, "awake", ""), [n for n in range(60, 100) if n % 2 and not is_set_aside(n)]),
        (Filter(None, "hibernating", ""), [n for n in range(60, 100) if not n % 2 and not is_set_aside(n)]),
        (Filter(None, "quarantined", ""), []),
        (Filter(None, "set_aside", ""), list(filter(is_set_aside, range(80)))),
        (Filter(None, "asleep", ""), [n for n in range(60) if n % 7 and n % 11]),
        (Filter("counters", None, ""), [n for n in range(0, 100, 3) if n % 7 or n >= 60]),
        (Filter(None, None, "room 09"), list(range(90, 100))),
        (Filter("counters", "awake", "room 09"), [93, 99]),
    ],
)
async def test_filters_find_all_of_theirs(rooms: Rooms, wanted: Filter, numbers: list[int], limit: int) -> None:
    assert await rooms.everything(wanted, limit) == sorted(map(room, numbers))


async def test_a_page_looks_through_so_many_rooms_and_the_next_goes_on(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LOOKED_AT_MAX", 10)
    page = await rooms_after(cast(Any, rooms), rooms.state, Filter(None, None, "nothing like it"), FIRST, 50)
    assert (page.keys, rooms.looked_at) == ([], 10)
    assert page.after is not None
    assert await rooms.everything(Filter(None, None, "room 07"), 50) == sorted(room(n) for n in range(70, 80))
