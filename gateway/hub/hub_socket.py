"""One socket of the hub: the carrier a session sees. Quiet, it is this object, its descriptor and a place in the hub's table."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import TYPE_CHECKING

from gateway.carrier import Carrier, Receiver
from gateway.frames import PING, FirstByte, close_frame, control_at, message_at, pong_frame
from gateway.hub.assembly import Assembly, Closed, Fault, Pinged
from gateway.hub.outbox import Outbox
from gateway.hub.poller import READ, WRITE

if TYPE_CHECKING:
    from gateway.hub.hub import Hub


class State(IntEnum):
    """The life of a socket. It only moves down, but for the way back from PAUSED and STRANDED to OPEN."""

    OPEN = 0
    PAUSED = 1  # nothing is handed over and nothing read
    STRANDED = 2  # paused, and its far end is gone: out of the poller, which would tell of that for ever
    CLOSING = 3  # our Close frame is on its way; what comes is dropped until theirs
    PARTING = 4  # both Close frames are there; the rest of the outbox goes out. From here on the receiver was told
    LINGERING = 5  # failed: our Close frame is on its way, and we read on, since a reset would overtake it
    OVER = 6  # the descriptor is closed


OPEN, PAUSED, STRANDED, CLOSING, PARTING, LINGERING, OVER = State  # a global is found faster than a member

READ_BYTES = 65536
"""Read from one socket in one round, so that no socket starves the others."""

FRAMES_A_ROUND = 64
"""Frames handled of one socket in one round: a reading may hold ten thousand small ones."""

CHUNKS_A_WRITE = 64
"""Chunks of an outbox handed to the kernel at once."""


class HubSocket:
    """A WebSocket on a raw descriptor; a ``Carrier``. No call waits, and none calls the receiver back before it returned."""

    __slots__ = ("assembly", "fd", "hub", "outbox", "quiet", "receiver", "state", "unread")

    def __init__(self, fd: int, hub: Hub) -> None:
        self.fd = fd
        self.hub = hub
        self.receiver: Receiver | None = None
        self.state = OPEN
        self.quiet = 0  # visits of the heartbeat since something came
        self.outbox: Outbox | None = None  # only while something waits
        self.assembly: Assembly | None = None  # only while a frame or message is incomplete
        self.unread: bytes | None = None  # read, and not handed over yet

    def open(self, opening: bytes, open_session: Callable[[Carrier], Receiver]) -> None:
        """Begin. ``opening`` (the 101) and what the session says at once leave in one write."""
        self.outbox = Outbox()
        self._queue(opening, 0)
        with self.hub.contained(self):
            self.receiver = open_session(self)
        if self.outbox is not None and not self._flush():
            self._watch()

    # the session's side: Carrier

    def send_nowait(self, frames: bytes, *, is_control: bool = False) -> None:
        """Give whole frames to the kernel, and to the outbox what it does not take. Control frames do not count against its bound."""
        if self.state >= CLOSING:
            return
        if self.outbox is not None:
            self._queue(frames, 0)
        else:
            try:
                written = os.write(self.fd, frames)
            except BlockingIOError:
                written = 0
            except OSError:
                self.lose()
                return
            if written == len(frames):
                return
            self.outbox = Outbox()
            self._queue(frames, written)
            self._watch()
        if self.outbox.size_bytes > self.hub.settings.outbox_bytes_max and not is_control:
            self._shed()
            self.close(4413, "reads too slowly")

    def close(self, code: int, reason: str) -> None:
        if self.state >= CLOSING:
            return
        if self.state is STRANDED:
            self.lose()
            return
        self.send_nowait(close_frame(code, reason), is_control=True)
        if self.state is not OVER:
            self._enter(CLOSING)
            self._go_on_soon()  # the peer's Close may have been read already

    def pause(self) -> None:
        if self.state is OPEN:
            self.state = PAUSED
            self._watch()

    def resume(self) -> None:
        if self.state is STRANDED:
            self.hub.poller.add(self.fd)
        elif self.state is not PAUSED:
            return
        self.state = OPEN
        self.quiet = 0
        self._watch()
        self._go_on_soon()

    # the hub's side

    def ready(self, events: int) -> None:
        """The poller says that the descriptor is readable, writable or at its end."""
        if events & WRITE and self.outbox is not None and self._flush():
            self._watch()
        if self.state is PAUSED:
            if events & ~(READ | WRITE):  # READ alone was true before the pause
                self._strand()
        elif events & ~WRITE and self.state is not OVER:
            self._read()

    def go_on(self) -> None:
        """Hand over what was kept, if that may be."""
        data = self.unread
        if data is not None and (self.state is OPEN or self.state is CLOSING):
            self.unread = None
            self._take(data)

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.state is OPEN:
            self.send_nowait(PING, is_control=True)

    def fail(self, code: int, reason: str) -> None:
        """End it because of what the peer did or did not: the Close frame, if none was sent, then nothing is heard any more."""
        if self.state >= PARTING:
            return
        if self.state is CLOSING:
            self.hub.farewell(self, 1006, "", False)
        else:
            self.hub.farewell(self, code, reason, False)
            self.send_nowait(close_frame(code, reason), is_control=True)
        if self.state is not OVER:
            self._enter(LINGERING)
            self._finish()

    def lose(self) -> None:
        """The connection is gone, without a word or in the middle of one."""
        if self.state is OVER:
            return
        if self.state < PARTING:
            self.hub.farewell(self, 1006, "", False)
        self._release()

    def failed(self) -> None:
        """Its session raised: a fault of ours."""
        self.close(1011, "internal error")

    def due(self) -> None:
        """The closing handshake had its time."""
        if self.state is CLOSING:
            self.hub.farewell(self, 1006, "", False)
        if self.state is not OVER:
            self._reset()

    # reading

    def _read(self) -> None:
        if self.unread is not None:
            self.go_on()
            return
        try:
            data = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.quiet = 0
        if not data:
            self.lose()
        elif self.state is OPEN or self.state is CLOSING:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Hand over the messages in ``data``, until the session pauses or this socket had its share of the round."""
        at, size, limit = 0, len(data), self.hub.settings.message_bytes_max
        for _ in range(FRAMES_A_ROUND):
            message: str | bytes | None = None
            if self.assembly is None:
                message, at = message_at(data, at, limit)
            if message is None:
                message, at = self._take_unusual(data, at)
            if message is not None and self.state is OPEN:
                self.receiver.frame(message)  # type: ignore[union-attr]  # an open socket has one
            if at == size or self.state >= PARTING:
                return
            if self.state is PAUSED:
                break
        self.unread = data[at:]
        if self.state is not PAUSED:
            self._go_on_soon()

    def _take_unusual(self, data: bytes, at: int) -> tuple[str | bytes | None, int]:
        """A control frame, a part of a message, a fault: the message that it completes, and where it ends."""
        if self.assembly is None:
            first, payload, end = control_at(data, at)
            if first:
                if first == _PING:
                    self.send_nowait(pong_frame(payload))
                return None, end
            self.assembly = Assembly(self.hub.settings.message_bytes_max, self.hub.settings.fragments_max)
        outcome, end = self.assembly.feed(data, at)
        if self.assembly.is_complete:
            self.assembly = None
        if outcome is None or isinstance(outcome, str | bytes):
            return outcome, end
        self._obey(outcome)
        return None, end

    def _obey(self, outcome: Pinged | Closed | Fault) -> None:
        match outcome:
            case Pinged(payload):
                self.send_nowait(pong_frame(payload))
            case Closed(code, reason):
                self._part(code, reason)
            case Fault(code, reason):
                self.fail(code, reason)

    def _part(self, code: int, reason: str) -> None:
        """The peer's Close frame came: answer it, if it is no answer itself, and close (RFC 6455 §7.1.1: the server first)."""
        self.hub.farewell(self, code, reason, True)
        if self.state is not CLOSING:
            self.send_nowait(close_frame(code), is_control=True)
        if self.state is not OVER:
            self._enter(PARTING)
            self._finish()

    # writing

    def _flush(self) -> bool:
        """Write what waits; whether nothing waits any more (then the outbox is gone, perhaps the socket too)."""
        outbox = self.outbox
        assert outbox is not None
        try:
            written = os.writev(self.fd, outbox.chunks(CHUNKS_A_WRITE))
        except BlockingIOError:
            return False
        except OSError:
            self.lose()
            return True
        outbox.advance(written)
        self.hub.counters.outbox_bytes -= written
        self.quiet = 0  # who takes what waits is alive, even if its pong is far behind
        if outbox.size_bytes:
            return False
        self.outbox = None
        self._finish()
        return True

    def _finish(self) -> None:
        """Everything is out: a socket that only waited for that goes on with its end."""
        if self.outbox is not None:
            return
        if self.state is PARTING:
            self._release()
        elif self.state is LINGERING:
            with suppress(OSError), _as_socket(self.fd) as sock:
                sock.shutdown(socket.SHUT_WR)

    def _queue(self, frames: bytes, written: int) -> None:
        assert self.outbox is not None
        self.outbox.add(frames, written)
        self.hub.counters.outbox_bytes += len(frames) - written

    def _shed(self) -> None:
        """Forget the frames that were not begun."""
        assert self.outbox is not None
        self.hub.counters.outbox_bytes -= self.outbox.drop()

    # states

    def _enter(self, state: State) -> None:
        """Begin an end that has ``close_seconds``; reading goes on."""
        if self.state < CLOSING:
            self.hub.wheel.at(self.hub.settings.close_seconds, self)
        self.state = state
        if state >= PARTING:
            self.unread = self.assembly = None
        self._watch()

    def _go_on_soon(self) -> None:
        if self.unread is not None:
            self.hub.go_on_soon(self)

    def _watch(self) -> None:
        """Tell the poller what this state waits for."""
        if self.state is not OVER and self.state is not STRANDED:
            self.hub.poller.change(self.fd, self.state is not PAUSED, self.outbox is not None)

    def _strand(self) -> None:
        """The far end of a paused socket is gone: that is dealt with when reading goes on."""
        self.state = STRANDED
        self.hub.poller.remove(self.fd)

    def _reset(self) -> None:
        """Close so that nothing stays behind in the kernel either, which would go on offering it to a peer that does not read."""
        with _as_socket(self.fd) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._release()

    def _release(self) -> None:
        """Close the descriptor; its number may be another socket's at once."""
        if self.outbox is not None:
            self.hub.counters.outbox_bytes -= self.outbox.size_bytes
        if self.state is not STRANDED:
            self.hub.poller.remove(self.fd)
        self.state = OVER
        self.outbox = self.assembly = self.unread = None
        fd, self.fd = self.fd, -1  # a use of it by mistake must not meet somebody else's
        self.hub.release(fd)


_PING = int(FirstByte.PING)
_RESET = struct.pack("ii", 1, 0)  # l_onoff, l_linger: closing sends a reset and keeps nothing


@contextmanager
def _as_socket(fd: int) -> Iterator[socket.socket]:
    """The descriptor as a socket object, for the calls that only those have; it stays open."""
    sock = socket.socket(fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()
