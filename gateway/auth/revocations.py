"""What no longer counts although it has not expired, asked at every admission without waiting.

The directory keeps what is revoked; all of it is in memory too, since a revoked token that is not found would count.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from rooms import Identity, RoomKey, Stub, WallClock
from rooms.kinds.directory import DIRECTORY

PAGE = 1_000
ENDED_MAX = 10_000
"""Ended sign-ins remembered, the latest. The user's room has forgotten them for good: this is for whoever was let in a moment before."""


class Rooms(Protocol):
    """What of the runtime is needed here."""

    def stub(self, key: RoomKey) -> Stub: ...


class Revocations:
    """``load`` comes before anybody is admitted. The directory bounds how many there are."""

    def __init__(self, rooms: Rooms, clock: WallClock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._until_ms_by_token: dict[str, int | None] = {}
        self._since_ms_by_user: dict[str, int] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    async def load(self) -> None:
        """Read what the directory keeps. Raises ``RoomError``; then nobody may be admitted."""
        directory = self._rooms.stub(DIRECTORY)
        self._until_ms_by_token.update(await _all_of(directory.revoked_tokens))
        self._since_ms_by_user.update(await _all_of(directory.revoked_users))

    def cover(self, identity: Identity) -> bool:
        """Whether what proves this identity counts no longer. A token that does not say when it was issued is older than any revocation."""
        if identity.token_id is not None and identity.token_id in self._until_ms_by_token:
            return True
        if identity.sign_in is not None and identity.sign_in in self._ended:
            return True
        since_ms = self._since_ms_by_user.get(identity.user)
        return since_ms is not None and (identity.issued_ms is None or identity.issued_ms <= since_ms)

    async def revoke_token(self, token_id: str, until_ms: int | None) -> bool:
        """Once this returns the token counts no more, ever (or until ``until_ms``). ``False``: there are too many. Raises ``RoomError``."""
        if not await self._rooms.stub(DIRECTORY).revoke_token(token_id, until_ms):
            return False
        self._forget_expired()
        self._until_ms_by_token[token_id] = until_ms
        return True

    async def revoke_user(self, user: str, since_ms: int) -> bool:
        """The same for what was issued to the user up to ``since_ms``."""
        if not await self._rooms.stub(DIRECTORY).revoke_user(user, since_ms):
            return False
        self._since_ms_by_user[user] = max(since_ms, self._since_ms_by_user.get(user, 0))
        return True

    def note_ended(self, sign_in: str) -> None:
        """The sign-in is over."""
        self._ended[sign_in] = None
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)

    def _forget_expired(self) -> None:
        now_ms = self._clock.now_ms()
        for token_id in [id for id, until_ms in self._until_ms_by_token.items() if until_ms is not None and until_ms <= now_ms]:
            del self._until_ms_by_token[token_id]


async def _all_of(call: Callable[..., Awaitable[Any]]) -> list[tuple[Any, Any]]:
    """What the directory lists, page after page."""
    found: list[tuple[Any, Any]] = []
    while page := await call(found[-1][0] if found else "", PAGE):
        found += [(name, time_ms) for name, time_ms in page]
    return found
