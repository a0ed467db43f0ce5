"""Work of a room that runs outside its turns and comes back as mail."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import outcome

from rooms.mail import BackgroundDone

if TYPE_CHECKING:
    from rooms.actor import Actor

outside_turns: ContextVar[bool] = ContextVar("outside_turns", default=False)
"""Whether the running task is background work: it may call other rooms, but takes no part in a turn that runs meanwhile."""


async def run_background(
    actor: Actor, function: Callable[..., Any], arguments: tuple[Any, ...], then: str | None, failed: str | None
) -> None:
    """Run ``function`` and mail its result to the method ``then``, its exception to ``failed``."""
    outside_turns.set(True)
    if inspect.iscoroutinefunction(function):
        result = await outcome.acapture(function, *arguments)
    else:
        result = await outcome.acapture(actor.env.run_blocking, function, *arguments)
    if isinstance(result, outcome.Value):
        actor.background_done(BackgroundDone(then, result.value))
        return
    if not isinstance(result.error, Exception | SystemExit):
        raise result.error
    if failed is None:
        name = getattr(function, "__name__", repr(function))  # a partial has none
        actor.env.log.error("background_failed", room=str(actor.key), function=name, exc_info=result.error)
    actor.background_done(BackgroundDone(failed, result.error))
