"""The hub carrier over real loopback sockets, in virtual time."""

from __future__ import annotations

import os
from contextlib import suppress
from time import perf_counter

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from gateway.carrier import Carrier
from gateway.frames import PING as OUR_PING
from gateway.frames import close_frame, pong_frame, text_frame
from gateway.hub.hub import HubSettings
from gateway.hub.hub_socket import HubSocket
from tests.gateway.frames_corpus import (
    BINARY,
    CLOSE,
    CONTINUATION,
    CORPUS,
    HELLO,
    PING,
    PONG,
    TEXT,
    Case,
    close_payload,
    from_client,
    from_server,
)
from tests.gateway.hub_kit import LOST, Client, Recorder, clock, running_hub, settle, without_reasons

__all__ = ["clock"]

Clock = trio.testing.MockClock


async def play(case: Case, pieces: list[bytes]) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        with suppress(trio.BrokenResourceError):  # a server that has closed takes nothing more
            for piece in pieces:
                await client.send(piece)
                await settle()
        assert await client.receive_exactly(len(case.replies)) == case.replies
        if case.close is None:
            assert recorder.endings == []
            await client.send(from_client(CLOSE, close_payload(1000)))
            assert await client.receive_to_end() == from_server(CLOSE, close_payload(1000))
        else:
            last = await client.receive_to_end()
            await recorder.ended.wait()
            assert last[0] == 0x88
            assert last[1] == len(last) - 2
            assert (int.from_bytes(last[2:4], "big") if last[2:] else 1005) == case.close
            assert [(code, clean) for code, _, clean in recorder.endings] == [(case.close, case.clean)]
        await client.stream.aclose()
        await settle()
        assert running.hub.sockets == 0
    assert tuple(recorder.messages) == case.messages
    assert len(recorder.endings) == 1


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
async def test_corpus_sent_at_once(case: Case, clock: Clock) -> None:
    await play(case, [case.sent])


@pytest.mark.parametrize("case", [case for case in CORPUS if len(case.sent) < 200], ids=lambda case: case.name)
async def test_corpus_sent_in_small_pieces(case: Case, clock: Clock) -> None:
    await play(case, [case.sent[i : i + 3] for i in range(0, len(case.sent), 3)])


# differential: whatever bytes come, cut anywhere, the hub and wsproto agree

FRAMES = st.builds(
    from_client,
    st.sampled_from([CONTINUATION, TEXT, BINARY, TEXT, BINARY, CLOSE, PING, PONG, 3, 11]),
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from(
            [b"", "é🦉".encode(), "é🦉".encode()[:3], close_payload(1000, b"bye"), close_payload(999), b"x" * 125, b"x" * 126, b"x" * 700]
        ),
    ),
    fin=st.sampled_from([True, True, True, False]),
    rsv=st.sampled_from([0] * 15 + [4]),
    mask=st.sampled_from([b"\1\2\3\4", b"\0\0\0\0", b"\xff\xfe\xfd\xfc"] * 8 + [None]),
)


def expected_of(frames: list[bytes], limit: int, fragments_max: int) -> tuple[list[str | bytes], bytes]:
    """What wsproto makes of whole frames, with the limits counted beside it: messages, and all the server says."""
    connection, said = Connection(ConnectionType.SERVER), b""
    messages: list[str | bytes] = []
    parts: list[str | bytes] = []
    size = fragments = 0
    for frame in frames:
        if frame[0] & 0x0F <= 2:
            length = frame[1] & 0x7F
            size += length if length < 126 else int.from_bytes(frame[2:4], "big")
            fragments += 1
            if (size > limit or fragments > fragments_max) and is_sound(frame, is_open=fragments > 1):
                return messages, said + close_frame(1009)
        connection.receive_data(frame)
        for event in connection.events():
            match event:
                case Ping(payload=payload):
                    said += pong_frame(bytes(payload))
                case CloseConnection(code=code) if connection.state is ConnectionState.REMOTE_CLOSING:
                    return messages, said + close_frame(int(code))
                case CloseConnection(code=code):
                    return messages, said + close_frame(int(code))
                case TextMessage(data=data) | BytesMessage(data=data):
                    parts.append(data if isinstance(data, str) else bytes(data))
                    if event.message_finished:
                        messages.append(parts[0][:0].join(parts))  # type: ignore[arg-type]
                        parts, size, fragments = [], 0, 0
    return messages, said


def is_sound(frame: bytes, is_open: bool) -> bool:
    """Whether the header of a data frame is in its place and has nothing wrong with it."""
    return frame[0] & 0x70 == 0 and frame[1] & 0x80 != 0 and (frame[0] & 0x0F == 0) == is_open


async def heard_and_said(pieces: list[bytes], limits: HubSettings) -> tuple[list[str | bytes], bytes]:
    recorder = Recorder()
    async with running_hub(limits) as running:
        client = await running.connect(recorder)
        with suppress(trio.BrokenResourceError):
            for piece in pieces:
                await client.send(piece)
                await trio.testing.wait_all_tasks_blocked()
            await client.stream.send_eof()
        said = await client.receive_to_end()
        await recorder.ended.wait()
    assert len(recorder.endings) == 1
    return recorder.messages, without_reasons(said)


@settings(max_examples=300)
@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(0, 400), max_size=12))
def test_any_frames_cut_anywhere_mean_what_wsproto_says(frames: list[bytes], cuts: list[int]) -> None:
    data, places = b"".join(frames), sorted(set(cuts))
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True) if data[start:end]]
    limits = HubSettings(message_bytes_max=300, fragments_max=3)
    assert trio.run(heard_and_said, pieces, limits, clock=trio.testing.MockClock(autojump_threshold=0.003)) == expected_of(frames, 300, 3)


# liveness


async def test_a_silent_socket_is_pinged_and_then_given_up(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        start = trio.current_time()
        assert await client.receive_exactly(2) == OUR_PING
        assert 26 <= trio.current_time() - start <= 34
        await recorder.ended.wait()
        assert 46 <= trio.current_time() - start <= 60
        assert await client.receive_exactly(4) == close_frame(1011, "nothing heard in 20 seconds")[:4]
    assert recorder.endings == [(1011, "nothing heard in 20 seconds", False)]


async def test_a_pong_is_a_sign_of_life(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        for _ in range(4):
            assert await client.receive_exactly(2) == OUR_PING
            await client.send(from_client(PONG))
        assert recorder.endings == []
        assert recorder.messages == []


async def test_a_flood_of_pings_that_nobody_reads_is_bounded(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub(HubSettings(outbox_bytes_max=50_000)) as running:
        client = await running.connect(recorder, send_buffer=10_000)
        for _ in range(300):
            await client.send(from_client(PING, b"p" * 125) * 1000)
            assert running.hub.counters.outbox_bytes < 51_000
        await recorder.ended.wait()
        assert running.hub.counters.outbox_bytes == 0
    assert recorder.endings == [LOST]


# the hub's life


async def test_other_tasks_run_while_many_sockets_are_busy(clock: Clock) -> None:
    """A round is bounded in time, however much is ready and however long sessions take."""

    def work(_carrier: Carrier, _message: str | bytes) -> None:
        end = perf_counter() + 0.0002
        while perf_counter() < end:
            pass

    recorders = [Recorder(work) for _ in range(20)]
    turns = 0
    async with running_hub() as running:
        for client in [await running.connect(recorder) for recorder in recorders]:
            os.write(client.stream.socket.fileno(), HELLO * 200)
        while not all(len(recorder.messages) == 200 for recorder in recorders):
            turns += 1
            await trio.lowlevel.checkpoint()
    assert turns > 20, "about eight tenths of a second of work"


async def test_everybody_is_served_alike_when_there_is_too_much_to_do(clock: Clock) -> None:
    """What a round had no time for is not put behind those who came later."""

    def work(carrier: Carrier, _message: str | bytes) -> None:
        end = perf_counter() + 0.0002
        while perf_counter() < end:
            pass
        carrier.send_nowait(text_frame("done"))

    async def insist(client: Client) -> None:
        while True:
            await client.send(HELLO)
            await client.receive_exactly(6)

    recorders = [Recorder(work) for _ in range(400)]
    async with running_hub() as running, trio.open_nursery() as nursery:
        for client in [await running.connect(recorder) for recorder in recorders]:
            nursery.start_soon(insist, client)
        while sum(len(recorder.messages) for recorder in recorders) < 4000:
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    served = [len(recorder.messages) for recorder in recorders]
    assert min(served) >= 5, served


async def test_a_hub_that_is_cancelled_tells_every_receiver_and_closes_every_socket(clock: Clock) -> None:
    recorders = [Recorder() for _ in range(5)]
    async with running_hub() as running:
        before = len(os.listdir("/dev/fd"))
        clients = [await running.connect(recorder) for recorder in recorders]
    assert [recorder.endings for recorder in recorders] == [[LOST]] * 5
    for client in clients:
        await client.stream.aclose()
    assert len(os.listdir("/dev/fd")) <= before


async def test_a_quiet_socket_owns_no_parser_and_no_buffer(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, message: carrier.send_nowait(text_frame(message)))
    async with running_hub() as running:
        client = await running.connect(recorder)
        message = from_client(TEXT, b"a" * 200, fin=False) + from_client(PING) + from_client(CONTINUATION, b"b")
        for piece in (message[:50], message[50:], HELLO):
            await client.send(piece)
            await settle()
        carried = recorder.carrier
        assert isinstance(carried, HubSocket)
        assert len(recorder.messages) == 2
        assert (carried.assembly, carried.outbox, carried.unread) == (None, None, None)
        assert not hasattr(carried, "__dict__")


def test_the_defaults_are_those_of_the_protocol() -> None:
    limits = HubSettings()
    assert (limits.message_bytes_max, limits.fragments_max, limits.outbox_bytes_max) == (65_536, 4_096, 1 << 20)
    assert (limits.ping_seconds, limits.ping_timeout_seconds) == (30, 20)
