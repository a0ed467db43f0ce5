"""How asks, tells and casts leave: from a room's turn, or from the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from rooms.answer import Answer
from rooms.background import outside_turns
from rooms.effects import Act
from rooms.errors import CallTimeout, OutsideTurn
from rooms.mail import Ask, Cast
from rooms.values import pack, unpack
from storage import RoomKey

if TYPE_CHECKING:
    from rooms.actor import Actor
    from rooms.environment import Environment


class GatewayCaller:
    """Calls rooms on nobody's turn: at once, and nothing is kept."""

    __slots__ = ("_env",)

    def __init__(self, environment: Environment) -> None:
        self._env = environment

    async def ask(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> Any:
        """Mail the call and wait for its answer."""
        answer = Answer()
        self._env.post(to, Ask(str(to), method, pack(arguments), answer))
        return await wait_for_answer(self._env, to, method, answer)

    def tell(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None:
        """Impossible: a tell is kept in the file of the room that tells."""
        raise OutsideTurn("tell")

    def cast(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None:
        """Mail the call."""
        self._env.post(to, Cast(method, pack(arguments)))


class RoomCaller:
    """Calls rooms from the turns of one."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    async def ask(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> Any:
        """End the turn so far; the call goes out when that is released."""
        actor, env = self._actor, self._actor.env
        if actor.turn is None or outside_turns.get():
            return await GatewayCaller(env).ask(to, method, arguments)
        answer = Answer()
        call = Ask(str(to), method, pack(arguments), answer)
        env.calls.begin(actor.key, to)
        try:
            actor.isolate.end_part(Act(env.post, (to, call)))
            return await wait_for_answer(env, to, method, answer)
        finally:
            env.calls.end(actor.key, to)

    def tell(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None:
        """Keep the call with the turn, and send it when that is released."""
        self._actor.staged("tell").effects.append(self._actor.env.tells.keep(self._actor.file, to, method, pack(arguments)))

    def cast(self, to: RoomKey, method: str, arguments: tuple[Any, ...]) -> None:
        """Send the call when the turn is released."""
        self._actor.staged("cast").effects.append(Act(self._actor.env.post, (to, Cast(method, pack(arguments)))))


async def wait_for_answer(environment: Environment, to: RoomKey, method: str, answer: Answer) -> Any:
    """The answer to a call, unpacked. Raises ``CallTimeout``, or what the call ended with."""
    seconds = environment.settings.call_seconds
    with trio.move_on_after(seconds):
        return unpack(await answer.wait())
    raise CallTimeout(str(to), method, seconds)
