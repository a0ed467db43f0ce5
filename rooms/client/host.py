"""What rooms and conversations need of the client they belong to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from rooms.client.events import Event
from rooms.client.messages import User
from rooms.client.settings import ClientSettings


class Asked(Protocol):
    """Whoever asked the server for something."""

    def answered(self, type: str, data: dict[str, Any]) -> None:
        """The answer; its type is ``error`` if it was refused."""

    def lost(self) -> None:
        """The connection ended before an answer came."""

    def late(self) -> None:
        """No answer came in ``request_timeout_seconds``, and none will be given any more."""


class Host(Protocol):
    """The client."""

    settings: ClientSettings
    waiting_messages: int
    """Messages of all rooms that are not acknowledged yet."""

    @property
    def user(self) -> User | None:
        """Who this is; ``None`` before the first ``hello``."""

    @property
    def session(self) -> str | None:
        """What the server calls this connection."""

    @property
    def is_open(self) -> bool:
        """Whether something that is asked now goes out."""

    def ask_nowait(self, type: str, data: dict[str, Any], asked: Asked) -> bool:
        """Put a request on the wire. ``False`` if it is larger than the server takes."""

    def say_nowait(self, type: str, data: dict[str, Any]) -> None:
        """The same, without wanting an answer. Lost when offline."""

    async def request(self, type: str, data: dict[str, Any]) -> dict[str, Any]:
        """Ask and wait for the answer, over lost connections too. Raises ``ClientError``."""

    def start_soon(self, function: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run it beside everything else, as long as the client lives."""

    def publish(self, event: Event) -> None:
        """Tell those who hear all events."""

    def changed(self) -> None:
        """The state of a room is another: what waited for it may go on."""

    def may_queue(self) -> None:
        """Raises ``QueueFull`` or ``ClientClosed`` if no message may be added."""

    def jitter(self, tries: int) -> float:
        """Seconds to wait before trying something again."""

    def lose(self, reason: str) -> None:
        """Give the connection up and make another."""
