"""A coroutine that was begun by hand, to be awaited to its end. Pure."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any


class Begun:
    """Of a coroutine that was stepped with ``send(None)`` and yielded ``trap``, the rest: ``await`` gives what it returns.

    So a hook that never waits is run without a cancel scope or a task of its own, and one that does goes on as if it had been
    awaited from its beginning.
    """

    __slots__ = ("_coroutine", "_trap")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], trap: Any) -> None:
        self._coroutine = coroutine
        self._trap = trap

    def __await__(self) -> Begun:
        return self

    def __iter__(self) -> Begun:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        """What it yields next; at first, what it yielded before this was awaited."""
        trap, self._trap = self._trap, None
        return self._coroutine.send(value) if trap is None else trap

    def throw(self, *error: Any) -> Any:
        """Raise inside it."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End it."""
        self._coroutine.close()
