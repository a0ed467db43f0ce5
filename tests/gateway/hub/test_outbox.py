"""What waits for a slow reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hub.outbox import Outbox


def written(outbox: Outbox, count: int = 64) -> bytes:
    return b"".join(bytes(chunk) for chunk in outbox.chunks(count))


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1), st.data())
def test_what_is_queued_leaves_in_order_however_little_the_kernel_takes(frames: list[bytes], data: st.DataObject) -> None:
    outbox, out = Outbox(), b""
    for chunk in frames:
        outbox.add(chunk)
    while outbox.size_bytes:
        ready = written(outbox, data.draw(st.integers(1, 5)))
        taken = data.draw(st.integers(1, len(ready)))
        out += ready[:taken]
        outbox.advance(taken)
        assert outbox.size_bytes == len(b"".join(frames)) - len(out)
    assert out == b"".join(frames)


def test_the_first_chunk_may_be_partly_out_already() -> None:
    outbox = Outbox()
    outbox.add(b"hello", 2)
    outbox.add(b" you")
    assert (written(outbox), outbox.size_bytes) == (b"llo you", 7)


def test_only_the_first_chunk_may_be() -> None:
    outbox = Outbox()
    outbox.add(b"hello")
    with pytest.raises(AssertionError):
        outbox.add(b" you", 2)


def test_dropping_keeps_the_rest_of_a_chunk_that_was_begun() -> None:
    outbox = Outbox()
    outbox.add(b"hello", 2)
    outbox.add(b" you")
    assert outbox.drop() == 4
    assert (written(outbox), outbox.size_bytes) == (b"llo", 3)


def test_dropping_forgets_chunks_that_were_not_begun() -> None:
    outbox = Outbox()
    outbox.add(b"hello")
    outbox.add(b" you")
    outbox.advance(5)
    assert outbox.drop() == 4
    assert (written(outbox), outbox.size_bytes) == (b"", 0)


def test_chunks_are_kept_by_reference() -> None:
    """A broadcast that waits for a thousand readers is in memory once."""
    broadcast, outbox = bytes(1000), Outbox()
    outbox.add(b"x")
    outbox.add(broadcast)
    assert outbox.chunks(2)[1] is broadcast
