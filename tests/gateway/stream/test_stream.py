"""The stream carrier, over streams in memory and in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from gateway.carrier import Carrier
from gateway.counters import Counters
from gateway.edge.door import Admission
from gateway.edge.handshake import accept_value
from gateway.edge.head import RequestHead
from gateway.stream.stream import StreamCarrier, StreamSettings
from tests.gateway.frames_corpus import (
    BINARY,
    CLOSE,
    CORPUS,
    FRAGMENTS_MAX,
    HELLO,
    MESSAGE_BYTES_MAX,
    PING,
    PONG,
    TEXT,
    Case,
    close_payload,
    from_client,
    from_server,
)
from tests.gateway.recording_log import RecordingLog

LOG = RecordingLog()
COUNTERS = Counters()
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HEAD = RequestHead("GET", "/echo/x/ws", [(b"host", b"x"), (b"sec-websocket-key", KEY)])
SETTINGS = StreamSettings(message_bytes_max=MESSAGE_BYTES_MAX, fragments_max=FRAGMENTS_MAX)


class Recorder:
    """A receiver that keeps what it hears and does what it was told on each frame."""

    def __init__(self, on_frame: Callable[[Carrier, str | bytes], None] = lambda _carrier, _message: None) -> None:
        self.carrier: Carrier
        self.messages: list[str | bytes] = []
        self.endings: list[tuple[int, str, bool]] = []
        self.ended = trio.Event()
        self._on_frame = on_frame

    def open(self, carrier: Carrier) -> Recorder:
        self.carrier = carrier
        return self

    def frame(self, message: str | bytes) -> None:
        self.messages.append(message)
        self._on_frame(self.carrier, message)

    def gone(self, code: int, reason: str, clean: bool) -> None:
        self.endings.append((code, reason, clean))
        self.ended.set()


class Client:
    """The far end: writes bytes, reads whole frames."""

    def __init__(self, stream: trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]) -> None:
        self.stream = stream
        self._buffer = b""

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def receive_head(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            await self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    async def receive_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._fill()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    async def receive_to_end(self) -> bytes:
        while True:
            try:
                await self._fill()
            except EOFError:
                data, self._buffer = self._buffer, b""
                return data

    async def _fill(self) -> None:
        data = await self.stream.receive_some()
        if not data:
            raise EOFError
        self._buffer += data


@asynccontextmanager
async def socket(
    recorder: Recorder, settings: StreamSettings = SETTINGS, received: bytes = b"", admission: Admission | None = None
) -> AsyncIterator[Client]:
    """A client that has read the 101 of a running carrier; the carrier is cancelled at the end, if it is still there."""
    client_end, server_end = trio.testing.memory_stream_pair()
    carrier = StreamCarrier(server_end, HEAD, received, admission or Admission(recorder.open), settings, COUNTERS, LOG)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(carrier.run)
        client = Client(client_end)
        assert (await client.receive_head()).startswith(b"HTTP/1.1 101")
        yield client
        nursery.cancel_scope.cancel()


async def play(case: Case, pieces: list[bytes]) -> None:
    recorder = Recorder()
    async with socket(recorder) as client:
        for piece in pieces:
            await client.send(piece)
            await trio.testing.wait_all_tasks_blocked()
        assert await client.receive_exactly(len(case.replies)) == case.replies
        if case.close is None:
            assert not recorder.ended.is_set()
            await client.send(from_client(CLOSE, close_payload(1000)))
            assert await client.receive_to_end() == from_server(CLOSE, close_payload(1000))
        else:
            last = await client.receive_to_end()
            await recorder.ended.wait()
            assert last[0] == 0x88
            assert last[1] == len(last) - 2
            assert (int.from_bytes(last[2:4], "big") if last[2:] else 1005) == case.close
            assert [(code, clean) for code, _, clean in recorder.endings] == [(case.close, case.clean)]
    assert tuple(recorder.messages) == case.messages
    assert len(recorder.endings) == 1


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
async def test_corpus_sent_at_once(case: Case, autojump_clock: trio.testing.MockClock) -> None:
    await play(case, [case.sent])


@pytest.mark.parametrize("case", [case for case in CORPUS if len(case.sent) < 200], ids=lambda case: case.name)
async def test_corpus_sent_byte_by_byte(case: Case, autojump_clock: trio.testing.MockClock) -> None:
    await play(case, [case.sent[i : i + 1] for i in range(len(case.sent))])


async def test_frames_sent_before_the_101_are_not_lost(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder, received=HELLO) as client:
        await client.send(from_client(TEXT, b"world"))
        await trio.testing.wait_all_tasks_blocked()
        assert recorder.messages == ["hello", "world"]


async def test_the_101_carries_the_accept_value_the_subprotocol_and_the_headers(autojump_clock: trio.testing.MockClock) -> None:
    client_end, server_end = trio.testing.memory_stream_pair()
    admission = Admission(Recorder().open, "rooms.v1.json", [(b"x-room", b"lobby")])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(StreamCarrier(server_end, HEAD, b"", admission, SETTINGS, COUNTERS, LOG).run)
        head = (await Client(client_end).receive_head()).lower()
        nursery.cancel_scope.cancel()
    assert b"sec-websocket-accept: " + accept_value(KEY).lower() in head
    assert b"sec-websocket-protocol: rooms.v1.json" in head
    assert b"x-room: lobby" in head


async def test_a_session_that_closes_while_it_opens_is_heard_after_the_101(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()

    def refuse(carrier: Carrier) -> Recorder:
        carrier.send_nowait(from_server(TEXT, b"no"))
        carrier.close(4401, "expired")
        return recorder.open(carrier)

    async with socket(recorder, admission=Admission(refuse)) as client:
        assert await client.receive_exactly(4) == from_server(TEXT, b"no")
        assert await client.receive_exactly(11) == from_server(CLOSE, close_payload(4401, b"expired"))
        await client.send(HELLO + from_client(CLOSE, close_payload(4401)))
        assert await client.receive_to_end() == b""
    assert recorder.messages == []
    assert recorder.endings == [(4401, "", True)]


async def test_a_ping_that_arrives_while_the_server_closes_harms_nothing(autojump_clock: trio.testing.MockClock) -> None:
    """trio-websocket's own issue 184: answering it raised out of the server."""
    recorder = Recorder(lambda carrier, _message: carrier.close(4400, "enough"))
    async with socket(recorder) as client:
        await client.send(HELLO + HELLO + from_client(PING, b"x") * 3 + from_client(CLOSE, close_payload(4400)))
        assert (await client.receive_to_end()) == from_server(CLOSE, close_payload(4400, b"enough"))
    assert recorder.messages == ["hello"]
    assert recorder.endings == [(4400, "", True)]


async def test_a_close_that_is_never_answered_is_given_up_after_close_seconds(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.close(1012, ""))
    async with socket(recorder) as client:
        began = trio.current_time()
        await client.send(HELLO)
        await client.receive_exactly(4)
        await recorder.ended.wait()
        assert trio.current_time() - began == pytest.approx(SETTINGS.close_seconds)
        with pytest.raises(EOFError):
            await client.receive_exactly(1)
    assert recorder.endings == [(1006, "", False)]


async def test_a_client_that_leaves_without_a_close_is_1006(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder) as client:
        await client.send(HELLO + from_client(TEXT, b"cut")[:5])
        await client.stream.send_stream.aclose()
        await recorder.ended.wait()
    assert recorder.messages == ["hello"]
    assert recorder.endings == [(1006, "", False)]


async def test_a_cancelled_carrier_still_says_gone(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder):
        recorder.carrier.send_nowait(from_server(TEXT, b"x" * 100_000))
    assert recorder.endings == [(1006, "", False)]
    recorder.carrier.send_nowait(from_server(TEXT, b"to nobody"))
    assert COUNTERS.outbox_bytes == 0


async def test_a_socket_that_dies_before_its_101_is_abandoned(autojump_clock: trio.testing.MockClock) -> None:
    given_back: list[str] = []
    _, server_end = trio.testing.memory_stream_pair()
    admission = Admission(Recorder().open, abandon=lambda: given_back.append("counted"))
    with trio.CancelScope() as scope:
        scope.cancel()
        await StreamCarrier(server_end, HEAD, b"", admission, SETTINGS, COUNTERS, LOG).run()
    assert given_back == ["counted"]


async def test_a_paused_session_gets_no_frame_and_pings_are_still_answered(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with socket(recorder) as client:
        await client.send(HELLO * 5 + from_client(PING, b"slow?"))
        assert await client.receive_exactly(7) == from_server(PONG, b"slow?")
        await trio.testing.wait_all_tasks_blocked()
        assert recorder.messages == ["hello"]
        recorder.carrier.resume()
        await trio.testing.wait_all_tasks_blocked()
        assert recorder.messages == ["hello", "hello"], "one, then paused again"


async def test_what_was_held_is_handed_over_before_gone(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder) as client:
        recorder.carrier.pause()
        await client.send(HELLO * 2 + from_client(CLOSE, close_payload(1000)))
        await trio.testing.wait_all_tasks_blocked()
        assert recorder.endings == []
        recorder.carrier.resume()
        await recorder.ended.wait()
    assert recorder.messages == ["hello", "hello"]


async def test_a_paused_socket_stops_reading_at_the_bound(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder, StreamSettings(held_bytes_max=1000)) as client:
        recorder.carrier.pause()
        await client.send(from_client(BINARY, b"x" * 2000))
        await trio.testing.wait_all_tasks_blocked()
        await client.send(from_client(PING))
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(1) as waited:
            await client.receive_exactly(2)
        assert waited.cancelled_caught
        recorder.carrier.resume()
        assert await client.receive_exactly(2) == from_server(PONG)
        assert recorder.messages == [b"x" * 2000]


async def test_a_silent_peer_is_asked_and_then_closed(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder) as client:
        began = trio.current_time()
        assert await client.receive_exactly(2) == from_server(PING)
        assert trio.current_time() - began == pytest.approx(30)
        await recorder.ended.wait()
        assert trio.current_time() - began == pytest.approx(50)
        assert (await client.receive_to_end()) == from_server(CLOSE, close_payload(1011, b"nothing heard in 20 seconds"))
    assert recorder.endings == [(1011, "nothing heard in 20 seconds", False)]


async def test_a_peer_that_answers_pings_stays(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder) as client:
        for _ in range(5):
            assert await client.receive_exactly(2) == from_server(PING)
            await trio.sleep(19)
            await client.send(from_client(PONG))
        assert recorder.endings == []


async def test_the_ping_timeout_is_suspended_while_paused(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    async with socket(recorder, StreamSettings(held_bytes_max=1)) as client:
        await client.receive_exactly(2)
        recorder.carrier.pause()
        await trio.sleep(300)
        assert recorder.endings == []
        recorder.carrier.resume()
        await trio.sleep(60)
        assert recorder.endings != []


async def test_a_reader_that_is_too_slow_gets_4413(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    client_end, server_end = trio.testing.lockstep_stream_pair()  # nothing is taken before it is read
    carrier = StreamCarrier(server_end, HEAD, b"", Admission(recorder.open), StreamSettings(outbox_bytes_max=1000), COUNTERS, LOG)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(carrier.run)
        client = Client(client_end)  # type: ignore[arg-type]
        await client.receive_head()
        frame = from_server(TEXT, b"x" * 98)
        recorder.carrier.send_nowait(frame)
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(9):
            recorder.carrier.send_nowait(frame)
        assert carrier.unsent_bytes == 1000
        recorder.carrier.send_nowait(frame)
        received = await client.receive_exactly(120)
        assert received == frame + from_server(CLOSE, close_payload(4413, b"reads too slowly")), (
            "the frame begun is whole, those after it are dropped"
        )
        recorder.carrier.send_nowait(frame)
        await client.send(from_client(CLOSE, close_payload(4413)))
        assert await client.receive_to_end() == b""
    assert recorder.endings == [(4413, "", True)]


async def test_a_reader_that_takes_nothing_costs_no_more_than_close_seconds(autojump_clock: trio.testing.MockClock) -> None:
    recorder = Recorder()
    client_end, server_end = trio.testing.lockstep_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            StreamCarrier(server_end, HEAD, b"", Admission(recorder.open), StreamSettings(outbox_bytes_max=10), COUNTERS, LOG).run
        )
        await Client(client_end).receive_head()  # type: ignore[arg-type]
        recorder.carrier.send_nowait(from_server(TEXT, b"12345678"))
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        recorder.carrier.send_nowait(from_server(TEXT, b"x"))
    assert trio.current_time() - began == pytest.approx(5)
    assert recorder.endings == [(1006, "", False)]
