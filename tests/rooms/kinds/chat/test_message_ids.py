"""Identifiers of messages."""

from __future__ import annotations

import pytest

from rooms.kinds.chat.message_ids import message_id, seq_of


@pytest.mark.parametrize("seq", [1, 15, 16, 2**31])
def test_an_id_tells_the_seq_of_its_message(seq: int) -> None:
    assert seq_of(message_id("0192f3a4b5c67d8e9fa0b1c2d3e4f506", seq)) == seq


def test_ids_of_equal_seqs_differ_between_rooms() -> None:
    assert message_id("0192f3a4b5c67d8e9fa0b1c2d3e4f506", 7) != message_id("0192f3a4b5c67d8e8fa0b1c2d3e4f506", 7)


def test_later_messages_have_later_ids() -> None:
    assert message_id("0192f3a4b5c67d8e9fa0b1c2d3e4f506", 9) < message_id("0192f3a4b5c67d8e9fa0b1c2d3e4f506", 10)


@pytest.mark.parametrize("text", ["", "no id", "zzzzzzzz", "🎉"])
def test_what_is_no_id_is_of_no_message(text: str) -> None:
    assert seq_of(text) == 0
