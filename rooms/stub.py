"""The handle to another room: ask, tell, cast."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from storage import RoomKey


class Caller(Protocol):
    """On whose behalf a stub calls."""

    async def ask(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> Any: ...
    def tell(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None: ...
    def cast(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None: ...


class Stub:
    """Another room, to be called by the methods it marks ``@callable_from_rooms``.

    * ``await stub.method(...)`` asks. It ends the turn so far: what was written and said is released, and an exception
      later undoes only what followed. Raises ``CallCycle`` at once, or ``CallTimeout``, ``CallFailed``, ``CallUndone``,
      ``NotCallable``, ``RoomOverloaded``, ``RoomUnavailable``.
    * ``stub.tell.method(...)`` tells: kept with this turn, delivered once in effect, over crashes. No answer.
    * ``stub.cast.method(...)`` is a tell that nobody keeps: lost in a crash or by a full mailbox.

    Arguments and results are values that can be stored; else ``NotStorable``, and nothing is sent.
    """

    __slots__ = ("_caller", "key")

    def __init__(self, caller: Caller, key: RoomKey) -> None:
        self._caller = caller
        self.key = key

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        _refuse_private(method)
        caller, key = self._caller, self.key

        async def ask(*arguments: Any) -> Any:
            return await caller.ask(key, method, arguments)

        return ask

    @property
    def tell(self) -> OneWay:
        """``stub.tell.method(...)``."""
        return OneWay(partial(self._caller.tell, self.key))

    @property
    def cast(self) -> OneWay:
        """``stub.cast.method(...)``."""
        return OneWay(partial(self._caller.cast, self.key))


class OneWay:
    """The methods of another room, called without an answer."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._call = call

    def __getattr__(self, method: str) -> Callable[..., None]:
        _refuse_private(method)

        def call(*arguments: Any) -> None:
            self._call(method, arguments)

        return call


def _refuse_private(method: str) -> None:
    if method.startswith("_"):
        raise AttributeError(method)
