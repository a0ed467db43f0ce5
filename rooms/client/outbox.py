"""Messages on their way: kept and sent again, in order, until the server has acknowledged each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import trio

from rooms.client.errors import ClientError, Refused
from rooms.client.host import Host
from rooms.client.messages import Message, Sent

PASSING = frozenset({"overloaded", "rate_limited", "unavailable", "unknown_outcome", "timeout", "internal"})
"""Refusals that may not hold the next time."""

INTERNAL_TRIES_MAX = 3
"""A room that fails at one request again and again does not stop because it is asked more often."""

State = Literal["sending", "sent", "failed"]


class Outgoing:
    """A message on its way: ``sending``, then ``sent`` (``sent`` says as what) or ``failed`` (``error`` says why)."""

    def __init__(self, cid: str, text: str, rest: dict[str, Any]) -> None:
        self.cid = cid
        self.text = text
        self.rest = rest
        self.time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.state: State = "sending"
        self.sent: Sent | None = None
        self.error: ClientError | None = None
        self.is_in_flight = False
        self.tries = 0
        self._settled = trio.Event()

    async def wait(self) -> Sent:
        """Wait until it is stored. Raises ``Refused`` or ``ClientClosed`` if it will not be. Cancelling the wait does not take it back."""
        await self._settled.wait()
        if self.sent is None:
            assert self.error is not None
            raise self.error
        return self.sent

    def settle(self, state: State) -> None:
        """It is ``sent`` or ``failed`` now."""
        self.state = state
        self._settled.set()

    def again(self) -> None:
        """It failed, and is tried once more."""
        self.state, self.error, self.tries = "sending", None, 0
        self._settled = trio.Event()


class Outbox:
    """What one room or conversation still has to send. ``address`` says where, ``verb`` how; ``may_speak`` says whether now."""

    def __init__(
        self,
        host: Host,
        verb: str,
        address: dict[str, Any],
        *,
        may_speak: Callable[[], bool],
        delivered: Callable[[Outgoing, str, int], None],
        not_in_room: Callable[[], bool],
    ) -> None:
        self.pending: list[Outgoing] = []
        self._host = host
        self._verb = verb
        self._address = address
        self._may_speak = may_speak
        self._delivered = delivered
        self._not_in_room = not_in_room
        self._blocked_until = 0.0

    def add(self, outgoing: Outgoing) -> None:
        """One more, after all others. Raises ``QueueFull`` or ``ClientClosed``."""
        self._host.may_queue()
        self.pending.append(outgoing)
        self._host.waiting_messages += 1
        self.pump()

    def retry(self, outgoing: Outgoing) -> None:
        """One that failed, once more, under the same cid. Raises as ``add``."""
        self._host.may_queue()
        if outgoing.state != "failed":
            return
        if outgoing in self.pending:
            self.pending.remove(outgoing)
        outgoing.again()
        self.add(outgoing)

    def discard(self, outgoing: Outgoing) -> None:
        """Forget one that failed or is not under way yet."""
        if outgoing in self.pending and not outgoing.is_in_flight:
            self._remove(outgoing)

    def pump(self) -> None:
        """Put on the wire what may go now: in order, ``in_flight_max`` at once."""
        if not self._may_speak() or self._blocked_until > trio.current_time():
            return
        free = self._host.settings.in_flight_max - sum(outgoing.is_in_flight for outgoing in self.pending)
        for outgoing in [each for each in self.pending if each.state == "sending" and not each.is_in_flight][: max(0, free)]:
            self._put(outgoing)

    def arrived(self, message: Message) -> None:
        """The server told of a message of ours: so it is stored."""
        for outgoing in self.pending:
            if outgoing.cid == message.cid:
                self._acknowledged(outgoing, message.id, message.seq)
                return

    def fail_all(self, error: ClientError) -> None:
        """The room or the client is over."""
        for outgoing in list(self.pending):
            self._fail(outgoing, error)

    def _put(self, outgoing: Outgoing) -> None:
        outgoing.is_in_flight = True
        data = {**self._address, "message": outgoing.text, "cid": outgoing.cid, **outgoing.rest}
        if not self._host.ask_nowait(self._verb, data, _Saying(self, outgoing)):
            self._fail(outgoing, Refused("too_large", "the message is too large", cid=outgoing.cid))

    def _acknowledged(self, outgoing: Outgoing, id: str, seq: int) -> None:
        if outgoing not in self.pending:
            return
        self._remove(outgoing)
        outgoing.sent = Sent(id, seq, outgoing.cid)
        outgoing.settle("sent")
        self._delivered(outgoing, id, seq)
        self.pump()

    def _refused(self, outgoing: Outgoing, error: Refused) -> None:
        outgoing.is_in_flight = False
        if error.code == "not_in_room" and self._not_in_room():
            return
        outgoing.tries += 1
        if error.code not in PASSING or (error.code == "internal" and outgoing.tries >= INTERNAL_TRIES_MAX):
            self._fail(outgoing, error)
            return
        wait_seconds = self._host.jitter(outgoing.tries) if error.retry_after_ms is None else error.retry_after_ms / 1000
        self._blocked_until = trio.current_time() + wait_seconds
        self._host.start_soon(self._pump_later, self._blocked_until)

    async def _pump_later(self, at: float) -> None:
        await trio.sleep_until(at)
        self.pump()

    def _fail(self, outgoing: Outgoing, error: ClientError) -> None:
        if outgoing.state != "sending":
            return
        self._host.waiting_messages -= 1
        outgoing.is_in_flight = False
        outgoing.error = error
        outgoing.settle("failed")
        failed = [each for each in self.pending if each.state == "failed"]
        if len(failed) > self._host.settings.failed_max:
            self.pending.remove(failed[0])
        self.pump()

    def _remove(self, outgoing: Outgoing) -> None:
        self.pending.remove(outgoing)
        if outgoing.state == "sending":
            self._host.waiting_messages -= 1


class _Saying:
    """One try to send a message."""

    def __init__(self, outbox: Outbox, outgoing: Outgoing) -> None:
        self._outbox = outbox
        self._outgoing = outgoing

    def answered(self, type: str, data: dict[str, Any]) -> None:
        if type == "error":
            self._outbox._refused(self._outgoing, refusal_in(data))
        else:
            self._outbox._acknowledged(self._outgoing, data.get("id", ""), data.get("seq", 0))

    def lost(self) -> None:
        self._outgoing.is_in_flight = False

    def late(self) -> None:
        self._outgoing.is_in_flight = False
        self._outbox.pump()  # the same cid again is harmless


def refusal_in(data: dict[str, Any]) -> Refused:
    """The data of an ``error`` as an exception."""
    return Refused(
        data.get("code", "internal"),
        data.get("message", ""),
        retry_after_ms=data.get("retry_after_ms"),
        room=data.get("room"),
        cid=data.get("cid"),
    )
