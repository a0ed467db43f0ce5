"""Who hears a broadcast: the connections of a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rooms.connection import Connection


class Audience:
    """The connections that were open when something was said. Two broadcasts with the same one can leave together."""

    __slots__ = ("members",)

    def __init__(self, members: Iterable[Connection]) -> None:
        self.members = tuple(members)
