"""One socket of the hub as its session sees it: reading, pausing, closing, writing; real loopback sockets in virtual time."""

from __future__ import annotations

import os

import pytest
import trio
import trio.testing

from gateway.carrier import Carrier
from gateway.edge.door import Admission
from gateway.frames import close_frame, text_frame
from tests.gateway.frames_corpus import (
    CLOSE,
    HELLO,
    TEXT,
    close_payload,
    from_client,
)
from tests.gateway.hub_kit import GOODBYE, LOST, OPENING, Recorder, clock, loopback_pair, running_hub, settle, without_reasons

__all__ = ["clock"]

Clock = trio.testing.MockClock


# reading


async def test_bytes_that_came_with_the_head_are_frames(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        await running.connect(recorder, received=HELLO + HELLO[:3])
        await settle()
        assert recorder.messages == ["hello"]


async def test_a_flood_of_small_frames_is_handed_over_in_shares(clock: Clock) -> None:
    """One socket with a full kernel buffer does not hold up the others: theirs are heard before all of its frames are."""
    heard: list[str] = []
    flood = Recorder(lambda _c, _m: heard.append("flood"))
    other = Recorder(lambda _c, _m: heard.append("other"))
    async with running_hub() as running:
        flooding, calm = await running.connect(flood), await running.connect(other)
        await flooding.send(from_client(TEXT, b"") * 5000)
        await calm.send(HELLO)
        await settle()
    assert heard.count("flood") == 5000
    assert heard.index("other") < 1000


async def test_a_session_that_raises_ends_its_socket_and_no_other(clock: Clock) -> None:
    def fail(_carrier: Carrier, _message: str | bytes) -> None:
        raise ValueError("broken")

    failing, well = Recorder(fail), Recorder()
    async with running_hub() as running:
        one, two = await running.connect(failing), await running.connect(well)
        await one.send(HELLO * 2)
        await two.send(HELLO)
        assert await one.receive_exactly(4) == close_frame(1011, "internal error")[:4]
        await settle()
        assert (failing.messages, well.messages) == (["hello"], ["hello"])
        running.expects = ["session_failed"]


async def test_a_session_that_cannot_begin_ends_its_socket(clock: Clock) -> None:
    def fail(_carrier: Carrier) -> Recorder:
        raise ValueError("broken")

    async with running_hub() as running:
        running.expects = ["session_failed"]
        server_end, client_end = await loopback_pair()
        running.hub.adopt(server_end, OPENING, b"", Admission(fail))
        assert await client_end.receive_some() == OPENING + close_frame(1011, "internal error")
        await client_end.send_all(GOODBYE)
        assert await client_end.receive_some() == b""


# pausing


async def test_after_pause_nothing_is_handed_over_until_resume(clock: Clock) -> None:
    """From the very next frame on, those read already first; the rest stays in the kernel."""
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO + from_client(TEXT, b"second") + from_client(TEXT, b"third")[:4])
        await settle()
        assert recorder.messages == ["hello"]
        await client.send(from_client(TEXT, b"third")[4:])
        await settle()
        recorder.carrier.resume()
        await settle()
        assert recorder.messages == ["hello", "second"]
        recorder.carrier.resume()
        await settle()
        assert recorder.messages == ["hello", "second", "third"]


async def test_a_session_may_pause_and_resume_within_a_frame(clock: Clock) -> None:
    def wink(carrier: Carrier, _message: str | bytes) -> None:
        carrier.pause()
        carrier.resume()

    recorder = Recorder(wink)
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO * 3)
        await settle()
        assert recorder.messages == ["hello"] * 3


async def test_resume_does_not_hand_over_within_the_call(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO * 2)
        await settle()
        recorder.carrier.resume()
        assert recorder.messages == ["hello"]


async def test_a_paused_socket_reads_nothing(clock: Clock) -> None:
    """TCP holds the client back."""
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO)
        await settle()
        with pytest.raises(trio.TooSlowError), trio.fail_after(60):
            await client.send(bytes(20_000_000))


async def test_a_paused_socket_is_not_given_up_for_its_silence(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO)
        await trio.sleep(200)
        assert recorder.endings == []
        recorder.carrier.resume()
        await trio.sleep(25)
        assert recorder.endings == []
        await trio.sleep(40)
        assert [code for code, _, _ in recorder.endings] == [1011]


async def test_a_paused_socket_whose_peer_crashed_costs_nothing_and_ends_at_resume(clock: Clock) -> None:
    """The poller tells of a reset whatever is wanted of a descriptor; it must not do so for ever."""
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO * 2)
        await settle()
        client.reset()
        await settle()  # would never end if the loop were spinning
        assert recorder.endings == []
        recorder.carrier.resume()
        await settle()
        assert recorder.messages == ["hello"] * 2
        recorder.carrier.resume()
        await settle()
        assert recorder.endings == [LOST]


async def test_a_socket_that_another_paused_in_the_same_round_is_whole(clock: Clock) -> None:
    """It was ready when the round began; that is no sign of its end."""
    second = Recorder()
    first = Recorder(lambda _carrier, _message: second.carrier.pause())
    async with running_hub() as running:
        one, two = await running.connect(first), await running.connect(second)
        for client in (one, two):
            os.write(client.stream.socket.fileno(), HELLO)
        await settle()
        assert (first.messages, second.messages) == (["hello"], [])
        second.carrier.close(4000, "")
        await two.send(GOODBYE)
        assert await two.receive_to_end() == close_frame(4000)
    assert second.endings == [(1000, "bye", True)]


async def test_a_paused_socket_whose_peer_crashed_can_be_closed(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO)
        await settle()
        client.reset()
        await settle()
        recorder.carrier.close(1000, "")
        await settle()
        assert recorder.endings == [LOST]
        assert running.hub.sockets == 0


# closing


async def test_a_close_of_ours_that_is_answered_is_clean(clock: Clock) -> None:
    recorder = Recorder(lambda carrier, _message: carrier.close(4403, "no"))
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO * 2)
        assert await client.receive_exactly(6) == close_frame(4403, "no")
        await client.send(HELLO + from_client(CLOSE, close_payload(4403, b"no")))
        assert await client.receive_to_end() == b""
        await recorder.ended.wait()
    assert recorder.messages == ["hello"], "nothing is handed over after close()"
    assert recorder.endings == [(4403, "no", True)]


async def test_what_was_sent_before_a_close_arrives_before_it(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        recorder.carrier.send_nowait(text_frame("last words"))
        recorder.carrier.close(1000, "")
        recorder.carrier.send_nowait(text_frame("too late"))
        await client.send(GOODBYE)
        assert await client.receive_to_end() == text_frame("last words") + close_frame(1000)


async def test_a_close_that_is_not_answered_ends_in_bounded_time(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        recorder.carrier.close(1000, "")
        start = trio.current_time()
        await client.send(HELLO)
        assert await client.receive_to_end() == close_frame(1000)
        assert trio.current_time() - start == pytest.approx(5, abs=0.5)
        await recorder.ended.wait()
    assert recorder.endings == [LOST]


async def test_a_paused_socket_can_be_closed_cleanly(clock: Clock) -> None:
    """The peer's Close may be among the bytes that were kept."""
    recorder = Recorder(lambda carrier, _message: carrier.pause())
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(HELLO * 2 + GOODBYE)
        await settle()
        recorder.carrier.close(4000, "")
        await recorder.ended.wait()
    assert recorder.endings == [(1000, "bye", True)]
    assert recorder.messages == ["hello"]


@pytest.mark.parametrize("ending", ["eof", "reset", "eof in a frame"])
async def test_a_peer_that_just_leaves_is_lost(ending: str, clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        if ending == "reset":
            client.reset()
        else:
            await client.send(HELLO[:4] if ending == "eof in a frame" else HELLO)
            await client.stream.aclose()
        await recorder.ended.wait()
        assert running.hub.sockets == 0
    assert recorder.endings == [LOST]


async def test_a_failed_socket_reads_on_so_that_its_close_arrives(clock: Clock) -> None:
    """Closing over unread input would reset the connection, and the reset overtake the Close frame."""
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(from_client(TEXT, b"\xff"))
        await recorder.ended.wait()
        await client.send(bytes(5_000_000))
        said = await client.receive_to_end()
        assert without_reasons(said) == close_frame(1007)
        assert running.hub.sockets == 1
        await trio.sleep(6)
        assert running.hub.sockets == 0
    assert [code for code, _, _ in recorder.endings] == [1007]


async def test_a_fault_after_our_close_is_no_clean_end(clock: Clock) -> None:
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        recorder.carrier.close(4000, "")
        await client.send(from_client(TEXT, b"x", mask=None))
        assert await client.receive_to_end() == close_frame(4000)
    assert recorder.endings == [LOST]


async def test_gone_is_never_called_within_a_call_of_the_session(clock: Clock) -> None:
    """A room that sends to all its peers must not see one of them leave in the middle."""
    recorder = Recorder()
    async with running_hub() as running:
        client = await running.connect(recorder)
        client.reset()
        for _ in range(10):
            recorder.carrier.send_nowait(text_frame("anybody?"))
        recorder.carrier.close(1000, "")
        assert recorder.endings == []
        await settle()
        assert recorder.endings == [LOST]


async def test_everything_may_be_called_after_the_end(clock: Clock) -> None:
    recorder = Recorder()

    def try_all() -> None:
        recorder.carrier.send_nowait(b"x")
        recorder.carrier.close(1000, "")
        recorder.carrier.pause()
        recorder.carrier.resume()

    recorder.on_end = try_all
    async with running_hub() as running:
        client = await running.connect(recorder)
        await client.send(GOODBYE)
        await recorder.ended.wait()
        await settle()
        try_all()
        await trio.sleep(100)
    assert recorder.endings == [(1000, "bye", True)]
