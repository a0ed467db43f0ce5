"""An answer that is waited for: to an ask or to an HTTP request."""

from __future__ import annotations

from typing import Any

import outcome
import trio


class Answer:
    """Given once, by a value or an error; waited for by one task. Further ones are ignored: the first is the answer."""

    __slots__ = ("_given", "_outcome")

    def __init__(self) -> None:
        self._given = trio.Event()
        self._outcome: outcome.Outcome[Any] | None = None

    def give(self, value: Any) -> None:
        """The answer is ``value``."""
        self._settle(outcome.Value(value))

    def fail(self, error: Exception) -> None:
        """The answer is that it failed."""
        self._settle(outcome.Error(error))

    async def wait(self) -> Any:
        """The value, or raises the error."""
        await self._given.wait()
        assert self._outcome is not None
        return self._outcome.unwrap()

    def _settle(self, result: outcome.Outcome[Any]) -> None:
        if self._outcome is None:
            self._outcome = result
            self._given.set()
