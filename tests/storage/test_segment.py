"""What a reader believes of a segment's bytes: a torn tail is cut, damage is named, and whole records are never given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage import RoomKey
from storage.record import encode_record
from storage.segment import HEADER_BYTES, Contents, encode_batch, encode_header, parse

ID = "0123456789abcdef" * 2
SIZE = 8192


def batch(number: int, *records: int, first: int = 1) -> bytes:
    key = RoomKey("rooms", "lobby")
    return encode_batch(7, number, b"".join([encode_record(key, "e", 0, n, 0, None, [(3, "k", b"value")]).data for n in records]))


def segment(*batches: bytes, relaxed: bool = False) -> bytes:
    return (encode_header(7, ID, 5, relaxed=relaxed) + b"".join(batches)).ljust(SIZE, b"\0")


def numbers(contents: Contents) -> list[int]:
    return [body.number for _, body in contents.records]


WHOLE = segment(batch(5, 1, 2), batch(6, 3), batch(7, 4, 5))
USED = len(WHOLE.rstrip(b"\0")) + 8


def test_a_whole_segment_is_read_whole() -> None:
    contents = parse(WHOLE, 7)
    assert numbers(contents) == [1, 2, 3, 4, 5]
    assert contents.header is not None
    assert (contents.header.folder_id, contents.next_batch, contents.torn, contents.faults) == (ID, 8, False, [])


def test_an_allocated_segment_holds_nothing() -> None:
    contents = parse(bytes(SIZE), 7)
    assert (contents.header, contents.torn, contents.faults) == (None, False, [])


def test_a_segment_under_another_number_is_damage() -> None:
    assert parse(WHOLE, 8).faults


@given(st.integers(HEADER_BYTES, USED))
def test_cut_anywhere_it_keeps_whole_batches_and_says_that_the_rest_is_torn(length: int) -> None:
    contents = parse(WHOLE[:length].ljust(SIZE, b"\0"), 7)
    assert numbers(contents) in ([], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5])
    assert contents.faults == []
    assert contents.end <= length
    again = parse(WHOLE[: contents.end], 7)
    assert (numbers(again), again.torn, again.next_batch) == (numbers(contents), False, contents.next_batch)


@given(st.integers(HEADER_BYTES, USED - 9), st.integers(1, 255))
def test_no_flipped_byte_changes_what_a_record_says(position: int, flip: int) -> None:
    data = bytearray(WHOLE)
    data[position] ^= flip
    contents = parse(bytes(data), 7)
    whole = {body.number: body for _, body in parse(WHOLE, 7).records}
    assert [body.number for _, body in contents.records] == sorted({body.number for _, body in contents.records})
    for _, body in contents.records:
        assert bytes(body.operations) == bytes(whole[body.number].operations)
    assert contents.torn or contents.faults or len(contents.records) == 5


def test_damage_before_a_later_batch_is_no_torn_tail() -> None:
    """A batch is written only when the one before it is durable."""
    data = bytearray(WHOLE)
    data[HEADER_BYTES + 40] ^= 1
    contents = parse(bytes(data), 7)
    assert contents.faults
    assert not contents.torn
    assert numbers(contents)[-3:] == [3, 4, 5]


def test_in_a_relaxed_journal_it_is_a_torn_tail() -> None:
    """There the order in which batches reach the disk is not known."""
    data = bytearray(segment(batch(5, 1, 2), batch(6, 3), relaxed=True))
    data[HEADER_BYTES + 40] ^= 1
    contents = parse(bytes(data), 7)
    assert contents.torn
    assert contents.faults == []


def test_zeros_in_the_middle_are_damage_too() -> None:
    start = WHOLE.index(batch(6, 3))
    data = WHOLE[:start] + bytes(len(batch(6, 3))) + WHOLE[start + len(batch(6, 3)) :]
    contents = parse(data, 7)
    assert contents.faults
    assert numbers(contents) == [1, 2, 4, 5]


def test_a_batch_of_another_segment_is_none_of_this_one() -> None:
    """What a file held before must not be taken for its contents."""
    old = encode_batch(6, 8, b"x" * 50)
    contents = parse((WHOLE[:USED].rstrip(b"\0") + old).ljust(SIZE, b"\0"), 7)
    assert numbers(contents) == [1, 2, 3, 4, 5]
    assert contents.faults == []


def test_a_torn_first_append_leaves_a_segment_that_was_never_used() -> None:
    data = bytes(HEADER_BYTES) + WHOLE[HEADER_BYTES : HEADER_BYTES + 50]
    contents = parse(data.ljust(SIZE, b"\0"), 7)
    assert (contents.header, contents.records, contents.torn) == (None, [], True)


def test_a_lost_header_does_not_take_durable_records_with_it() -> None:
    contents = parse(bytes(HEADER_BYTES) + WHOLE[HEADER_BYTES:], 7)
    assert numbers(contents) == [1, 2, 3, 4, 5]
    assert contents.faults
