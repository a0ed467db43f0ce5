"""Runs what storage does in a thread of trio's cache, by the shortest way there and back.

``trio.to_thread.run_sync`` names the thread for each call, copies the context and asks a limiter: a profile of a busy server
showed a twentieth of its time there. A sync needs none of it, and must not wait for threads that rooms keep busy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import outcome
import trio


async def run_storing(function: Callable[..., Any], /, *arguments: Any) -> Any:
    """What ``function`` returns, or raises. The wait cannot be cancelled: what is being stored, is."""
    task, token = trio.lowlevel.current_task(), trio.lowlevel.current_trio_token()

    def deliver(result: outcome.Outcome[Any]) -> None:
        token.run_sync_soon(trio.lowlevel.reschedule, task, result)

    trio.lowlevel.start_thread_soon(partial(function, *arguments), deliver)
    return await trio.lowlevel.wait_task_rescheduled(_go_on)


def _go_on(_raise_cancel: object) -> trio.lowlevel.Abort:
    return trio.lowlevel.Abort.FAILED
