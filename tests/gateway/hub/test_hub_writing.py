"""What one socket of the hub says: at once, through the outbox, too much; real loopback sockets in virtual time."""

from __future__ import annotations

import trio
import trio.testing

from gateway.carrier import Carrier
from gateway.edge.door import Admission
from gateway.frames import close_frame, text_frame
from gateway.hub.hub import HubSettings
from tests.gateway.frames_corpus import (
    CLOSE,
    close_payload,
    from_client,
)
from tests.gateway.hub_kit import GOODBYE, LOST, OPENING, Recorder, clock, loopback_pair, running_hub

__all__ = ["clock"]

Clock = trio.testing.MockClock


async def test_what_the_kernel_does_not_take_waits_and_arrives_whole_and_in_order(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub(HubSettings(outbox_bytes_max=30_000_000)) as running:
        client = await running.connect(recorder, send_buffer=10_000)
        frames = [text_frame(f"{i:06}" * 2000) for i in range(1000)]
        for frame in frames:
            recorder.carrier.send_nowait(frame)
        assert running.hub.counters.outbox_bytes > 1_000_000
        recorder.carrier.close(1000, "")
        await client.send(GOODBYE)
        assert await client.receive_to_end() == b"".join(frames) + close_frame(1000)
        assert running.hub.counters.outbox_bytes == 0
    assert recorder.endings == [(1000, "bye", True)]


async def test_a_reader_that_is_too_slow_is_closed_with_4413(clock: Clock) -> None:
    """Frames that were begun are finished, so that the Close can be read; the others are dropped."""
    recorder = Recorder()
    async with running_hub(HubSettings(outbox_bytes_max=100_000)) as running:
        client = await running.connect(recorder, send_buffer=10_000)
        frame = text_frame("x" * 50_000)
        sent = 0
        while running.hub.counters.outbox_bytes + len(frame) <= 100_000:
            recorder.carrier.send_nowait(frame)
            sent += 1
        recorder.carrier.send_nowait(frame)
        recorder.carrier.send_nowait(frame)
        assert running.hub.counters.outbox_bytes < 60_000
        await client.send(from_client(CLOSE, close_payload(4413)))
        said = await client.receive_to_end()
        whole = len(said) // len(frame)
        assert 0 < whole <= sent
        assert said == frame * whole + close_frame(4413, "reads too slowly")
        assert running.hub.counters.outbox_bytes == 0
    assert recorder.endings == [(4413, "", True)]


async def test_a_reader_that_never_reads_is_cut_in_bounded_time(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub(HubSettings(outbox_bytes_max=100_000)) as running:
        client = await running.connect(recorder, send_buffer=10_000)
        for _ in range(200):
            recorder.carrier.send_nowait(text_frame("x" * 50_000))
        with trio.fail_after(6):
            await recorder.ended.wait()
        assert running.hub.sockets == 0
        assert running.hub.counters.outbox_bytes == 0
        await client.receive_to_end()
        assert client.was_reset, "nothing lingers in the kernel for it"
    assert recorder.endings == [LOST]


async def test_what_waits_for_a_peer_that_crashes_is_forgotten(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder, send_buffer=10_000)
        for _ in range(20):
            recorder.carrier.send_nowait(text_frame("x" * 50_000))
        assert running.hub.counters.outbox_bytes > 0
        client.reset()
        await recorder.ended.wait()
        assert running.hub.counters.outbox_bytes == 0
    assert recorder.endings == [LOST]


async def test_a_slow_reader_that_takes_what_waits_is_alive(clock: Clock) -> None:
    """Its pong comes after everything that was sent before the ping, which may take longer than the ping timeout."""
    recorder = Recorder()
    async with running_hub(HubSettings(outbox_bytes_max=10_000_000)) as running:
        client = await running.connect(recorder, send_buffer=10_000)
        for _ in range(100):
            recorder.carrier.send_nowait(text_frame("x" * 50_000))
        for _ in range(100):
            await trio.sleep(2)
            await client.stream.receive_some(50_000)
        assert running.hub.counters.outbox_bytes > 0
        assert recorder.endings == []


async def test_what_a_session_says_at_once_leaves_with_the_101(clock: Clock) -> None:
    class Greeter(Recorder):
        def open(self, carrier: Carrier) -> Recorder:
            carrier.send_nowait(text_frame("welcome"))
            return super().open(carrier)

    async with running_hub() as running:
        server_end, client_end = await loopback_pair()
        running.hub.adopt(server_end, OPENING, b"", Admission(Greeter().open))
        assert await client_end.receive_some() == OPENING + text_frame("welcome")


async def test_a_session_may_refuse_at_once(clock: Clock) -> None:
    class Refuser(Recorder):
        def open(self, carrier: Carrier) -> Recorder:
            carrier.close(4401, "expired")
            return super().open(carrier)

    recorder = Refuser()
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(GOODBYE)
        assert await client.receive_to_end() == close_frame(4401, "expired")
        await recorder.ended.wait()
    assert recorder.endings == [(1000, "bye", True)]
