"""Pure. What somebody who comes (back) to a room is sent of its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rooms.kinds.chat.sizes import size_bytes


class Place(NamedTuple):
    """Where a room's history stands: its last seq, which history it is, and the last change that trimming took away."""

    head: int
    epoch: str
    trimmed: int


class Page(NamedTuple):
    """Messages of a room in order, and whether there are more in the direction that was asked."""

    messages: list[dict[str, Any]]
    more: bool


def recovers(place: Place, since: int | None, epoch: str | None, behind_max: int) -> bool:
    """Whether a client that saw everything up to ``since`` of ``epoch`` can be sent exactly what it missed."""
    if since is None or epoch != place.epoch:
        return False
    return place.trimmed <= since <= place.head and place.head - since <= behind_max


def first_that_fit(page: Page, size_bytes_max: int) -> Page:
    """The beginning of a page that goes forward in time; never nothing of something, so that its reader gets on."""
    kept = _fitting(page.messages, size_bytes_max)
    return page if kept == len(page.messages) else Page(page.messages[:kept], more=True)


def last_that_fit(page: Page, size_bytes_max: int) -> Page:
    """The end of a page that goes back in time; never nothing of something."""
    kept = _fitting(page.messages[::-1], size_bytes_max)
    return page if kept == len(page.messages) else Page(page.messages[-kept:], more=True)


def _fitting(messages: Sequence[dict[str, Any]], size_bytes_max: int) -> int:
    left = size_bytes_max
    for index, message in enumerate(messages):
        left -= size_bytes(message) + 1
        if left < 0:
            return max(index, 1)
    return len(messages)
