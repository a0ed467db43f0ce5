"""Work of a room that runs outside its turns and comes back as mail."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import outcome

from rooms.effects import Act
from rooms.errors import TooManyBackgrounds
from rooms.mail import BackgroundDone

if TYPE_CHECKING:
    from rooms.actor import Actor

outside_turns: ContextVar[bool] = ContextVar("outside_turns", default=False)
"""Whether the running task is background work: it may call other rooms, but takes no part in a turn that runs meanwhile."""


def start_background(actor: Actor, function: Callable[..., Any], arguments: tuple[Any, ...], then: str | None, failed: str | None) -> None:
    """Have the running turn start ``function`` when it is released. Its result goes to the method ``then``, its exception to ``failed``."""
    turn = actor.staged("background")
    running_max = actor.env.settings.backgrounds_per_room_max
    if actor.backgrounds >= running_max:
        raise TooManyBackgrounds(str(actor.key), running_max)
    actor.backgrounds += 1
    turn.remember(actor.background_ended)
    turn.effects.append(Act(actor.env.nursery.start_soon, (_run, actor, function, arguments, then, failed)))


async def _run(actor: Actor, function: Callable[..., Any], arguments: tuple[Any, ...], then: str | None, failed: str | None) -> None:
    outside_turns.set(True)
    if inspect.iscoroutinefunction(function):
        result = await outcome.acapture(function, *arguments)
    else:
        result = await outcome.acapture(actor.env.run_blocking, function, *arguments)
    if isinstance(result, outcome.Value):
        _end(actor, BackgroundDone(then, result.value))
        return
    if not isinstance(result.error, Exception | SystemExit):
        raise result.error
    if failed is None:
        name = getattr(function, "__name__", repr(function))  # a partial has none
        actor.env.log.error("background_failed", room=str(actor.key), function=name, exc_info=result.error)
    _end(actor, BackgroundDone(failed, result.error))


def _end(actor: Actor, mail: BackgroundDone) -> None:
    actor.background_ended()
    actor.env.post(actor.key, mail)
