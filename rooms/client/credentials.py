"""What a client shows the server of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from rooms.client.settings import Guest

Reason = Literal["connect", "expiring", "refused"]
"""Why a token is wanted: for a connection, because the one in use expires, because it was refused."""

TokenSource = str | Callable[[Reason], Awaitable[str | None]] | None
TicketSource = Callable[[], Awaitable[str]] | None


class Shown(NamedTuple):
    """What goes with one connection: headers of its upgrade, what follows the address, and whether it names somebody."""

    headers: list[tuple[bytes, bytes]]
    query: str
    is_anonymous: bool


class Credentials:
    """A token, what makes tokens or tickets, or a guest's name and key."""

    def __init__(self, token: TokenSource, ticket: TicketSource, guest: Guest | None) -> None:
        self._token = token
        self._ticket = ticket
        self.guest = guest

    @property
    def can_be_renewed(self) -> bool:
        """Whether asking again may give something else."""
        return callable(self._token) or self._ticket is not None

    async def show(self, reason: Reason) -> Shown:
        """For a new connection. Raises what the functions raise: ``TokenUnavailable`` means later."""
        token = await self._token_for(reason)
        if token is not None:
            return Shown([(b"authorization", b"Bearer " + token.encode())], "", False)
        if self._ticket is not None:
            return Shown([], "?ticket=" + quote(await self._ticket(), safe=""), False)
        return Shown([], "", True)

    async def renewed(self, reason: Reason) -> dict[str, Any] | None:
        """The data of an ``auth`` for an open connection; ``None`` if there is nothing else to show."""
        if self._ticket is not None and self._token is None:
            return {"ticket": await self._ticket()}
        token = await self._token_for(reason)
        return None if token is None else {"token": token}

    async def _token_for(self, reason: Reason) -> str | None:
        return await self._token(reason) if callable(self._token) else self._token


def socket_url(url: str) -> str:
    """The address of the socket of a server: ``http://host/prefix`` gives ``ws://host/prefix/ws``. Raises ValueError."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"{url!r} is no address of a server: write http://host:port")
    path = parts.path.rstrip("/").removesuffix("/ws")
    return urlunsplit((schemes[parts.scheme], parts.netloc, f"{path}/ws", "", ""))
