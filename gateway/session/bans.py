"""Who was lately banned from which chat room: their next socket to it is told so at once, not only when it wants to join.

The room alone knows who is banned. What is remembered here is whom to ask about, so that nobody else's socket costs a question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import msgspec
import trio

from rooms import Identity, Refusal, RoomError, RoomKey, Stub

BANNED_CODE = 4411
NOTED_MAX = 10_000
"""Bans remembered, the latest; of others a socket hears when it wants to join."""

Then = Callable[[Refusal | None], None]


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class Bans:
    """``run`` asks the rooms; the other calls do not wait."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._noted: OrderedDict[tuple[RoomKey, str], None] = OrderedDict()
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Ask for those who cannot wait themselves, for as long as the server runs."""
        async with trio.open_nursery() as self._nursery:
            await trio.sleep_forever()

    def note(self, key: RoomKey, user: str) -> None:
        """The room has said that the user is banned."""
        self._noted[key, user] = None
        self._noted.move_to_end((key, user))
        if len(self._noted) > NOTED_MAX:
            self._noted.popitem(last=False)

    def may_hold(self, key: RoomKey, user: str) -> bool:
        """Whether the room has to be asked about this user."""
        return (key, user) in self._noted

    def when_judged(self, key: RoomKey, identity: Identity, then: Then) -> None:
        """Ask the room, and call ``then`` with why the user may not come in; ``None``: they may, or the room cannot tell."""
        assert self._nursery is not None, "run() comes first"
        self._nursery.start_soon(self._judge, key, identity, then)

    async def _judge(self, key: RoomKey, identity: Identity, then: Then) -> None:
        try:
            refused = await self._rooms.stub(key).bar(msgspec.to_builtins(identity))
        except RoomError:
            then(None)
            return
        if refused is None:
            self._noted.pop((key, identity.user), None)
        then(None if refused is None else Refusal(*refused))
