"""A proxy that cuts connections at random: some at once, some when the server has stored and answered what its client never hears of."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import trio

ANSWER_SECONDS = 2.0
"""How long an answer is waited for; not everything that a client says has one."""


class CuttingProxy:
    """Every ``one_in``th thing that a client says, about, is the last of its connection. ``run`` it in a nursery.

    ``cuts`` counts them, ``unheard`` those after which the server answered into the void.
    """

    def __init__(self, server_port: int, seed: int, *, one_in: int = 4, cuts_max: int = 60) -> None:
        self.cuts = 0
        self.unheard = 0
        self.host = ""
        self._server_port = server_port
        self._random = Random(seed)
        self._one_in = one_in
        self._cuts_max = cuts_max

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Pass on what comes, until cancelled."""
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.host = f"127.0.0.1:{listener.socket.getsockname()[1]}"
        task_status.started()
        await trio.serve_listeners(self._pass_on, [listener])

    async def _pass_on(self, client: trio.SocketStream) -> None:
        with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            async with client, await trio.open_tcp_stream("127.0.0.1", self._server_port) as server:
                line = _Line(client, server)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._to_server, line, nursery.cancel_scope)
                    nursery.start_soon(self._to_client, line, nursery.cancel_scope)

    async def _to_server(self, line: _Line, scope: trio.CancelScope) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for chunk in line.client:
                if self.cuts < self._cuts_max and self._random.randrange(self._one_in) == 0:
                    self.cuts += 1
                    line.is_deaf = self._random.random() < 0.7
                    await line.server.send_all(chunk)
                    if line.is_deaf:
                        with trio.move_on_after(ANSWER_SECONDS):
                            await line.answered.wait()
                            self.unheard += 1
                    break
                await line.server.send_all(chunk)
        scope.cancel()

    async def _to_client(self, line: _Line, scope: trio.CancelScope) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for chunk in line.server:
                if line.is_deaf:
                    line.answered.set()
                else:
                    await line.client.send_all(chunk)
        scope.cancel()


class _Line:
    """One client's connection and the server's end of it. ``is_deaf``: what the server says goes nowhere."""

    def __init__(self, client: trio.SocketStream, server: trio.SocketStream) -> None:
        self.client = client
        self.server = server
        self.is_deaf = False
        self.answered = trio.Event()
