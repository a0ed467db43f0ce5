"""Which rooms there are: those that are known anyway and those on the disk, in one order, of which a page at a time is looked at."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import trio

from rooms import Overview, RoomKey
from storage import RegistryRow

LOOKED_AT_ONCE = 1_000
"""Rooms that are looked at before others get their turn on the loop."""
LOOKED_AT_MAX = 50_000
"""Registered rooms that one page looks through: with a filter it may be short, and the next one goes on."""

KNOWN = ("awake", "hibernating", "quarantined", "set_aside")
"""States of rooms that are known without looking through all there are."""
STATES = (*KNOWN, "asleep")
FIRST = RoomKey("", "")


class Filter(NamedTuple):
    """Which rooms are wanted. ``query`` is a part of the name in any case; empty: every name."""

    kind: str | None
    state: str | None
    query: str

    def takes(self, key: RoomKey) -> bool:
        """Whether the room is wanted, whatever its state."""
        return self.kind in (None, key.kind) and self.query in key.name.casefold()


class Found(NamedTuple):
    """A page of rooms, in order, and after which to go on; ``None``: that was all."""

    keys: list[RoomKey]
    after: RoomKey | None


async def rooms_after(overview: Overview, state_of: Callable[[RoomKey], str], wanted: Filter, after: RoomKey, limit: int) -> Found:
    """Up to ``limit`` rooms that follow ``after`` and are wanted; ``state_of`` says one of ``STATES``."""
    known = await _known(overview, state_of, wanted, after, limit + 1)
    if wanted.state in KNOWN:
        return _page(known, limit, None)
    registered, looked_up_to = await _registered(overview, state_of, wanted, after, limit + 1)
    together = sorted({*known, *registered})
    if looked_up_to is not None:
        together = [key for key in together if key <= looked_up_to]
    return _page(together, limit, looked_up_to)


def _page(keys: list[RoomKey], limit: int, looked_up_to: RoomKey | None) -> Found:
    if len(keys) > limit:
        return Found(keys[:limit], keys[limit - 1])
    return Found(keys, looked_up_to)


async def _known(overview: Overview, state_of: Callable[[RoomKey], str], wanted: Filter, after: RoomKey, limit: int) -> list[RoomKey]:
    """The first of those that need no search on the disk. They are in no order, so that all have to be looked at."""
    best: list[RoomKey] = []
    keys = overview.set_aside() if wanted.state == "set_aside" else overview.in_memory()
    for start in range(0, len(keys), LOOKED_AT_ONCE):
        some = [key for key in keys[start : start + LOOKED_AT_ONCE] if key > after and wanted.takes(key)]
        best = heapq.nsmallest(limit, [*best, *(key for key in some if wanted.state in (None, state_of(key)))])
        await trio.lowlevel.checkpoint()
    return best


async def _registered(
    overview: Overview, state_of: Callable[[RoomKey], str], wanted: Filter, after: RoomKey, limit: int
) -> tuple[list[RoomKey], RoomKey | None]:
    """The first of those on the disk, and how far was looked if that was not to the end."""
    found: list[RoomKey] = []
    for looked_at, row in enumerate(overview.registered(after, wanted.kind), start=1):
        if wanted.takes(row.key) and _is_wanted(row, wanted.state, state_of):
            found.append(row.key)
        if len(found) == limit:
            return found, None
        if looked_at == LOOKED_AT_MAX:
            return found, row.key
        if looked_at % LOOKED_AT_ONCE == 0:
            await trio.lowlevel.checkpoint()
    return found, None


def _is_wanted(row: RegistryRow, state: str | None, state_of: Callable[[RoomKey], str]) -> bool:
    if row.state == "destroyed":
        return False
    return state is None or state_of(row.key) == state
