"""How messages look in a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.terminal.shown_lines import goes_on, message_lines, name_style, notice_lines, pending_lines, printable
from gateway.terminal.view import Notice, OnItsWay, View
from rooms.client import Message


def message(**facts: Any) -> Message:
    return Message(**{"id": "m1", "seq": 1, "from_": "bob", "name": "Bob", "message": "hi", "time": "2026-11-20T20:07:00.123Z", **facts})


def lines(shown: Message, view: View | None = None, columns: int = 80) -> list[str]:
    return [line.text.plain for line in message_lines(shown, view or View(), columns)]


def test_a_message_has_a_head_and_its_lines() -> None:
    head, first, second = lines(message(message="one\ntwo"))
    assert head.endswith(" Bob")
    assert (first, second) == ("one", "two")


def test_where_there_is_no_room_the_time_comes_last() -> None:
    assert lines(message(), columns=40)[0].startswith("Bob ")


def test_what_became_of_a_message_is_told() -> None:
    shown = message(edited=True, pinned=True, reactions={"🎉": ("ada", "bob")}, attachments=({"name": "cat.png"},))
    _, body, file, reactions = lines(shown)
    assert body == "hi  edited  pinned"
    assert "cat.png" in file
    assert reactions == "🎉 2"
    assert lines(message(message="", deleted=True))[1] == "deleted"


def test_what_one_does_stands_behind_the_name() -> None:
    assert lines(message(message="waves", meta={"me": True}))[0].endswith("* Bob waves")


def test_a_reply_quotes_what_it_answers() -> None:
    view = View(messages=[message(id="m0", message="a question " * 20)])
    quote = lines(message(reply_to="m0"), view)[0]
    assert quote.startswith("┌ Bob: a question")
    assert quote.endswith("…")
    assert lines(message(reply_to="gone"))[0] == "┌ an earlier message"


def test_messages_soon_after_each_other_share_a_head() -> None:
    first = message()
    assert goes_on(message(time="2026-11-20T20:11:00.000Z"), first)
    assert not goes_on(message(time="2026-11-20T20:13:00.000Z"), first)
    assert not goes_on(message(from_="ada"), first)
    assert not goes_on(first, None)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "\u202egnp.exe", "\x07", "\x9b31m", "\u2028"])
def test_no_text_of_a_stranger_moves_the_cursor(text: str) -> None:
    hostile = message(message=text, name=text, reactions={text: ("x",)}, attachments=({"name": text},), reply_to="m1")
    shown = [*lines(hostile, View(messages=[hostile])), *lines(hostile, columns=30)]
    shown += [line.text.plain for line in notice_lines(Notice(0, text))]
    shown += [line.text.plain for line in pending_lines(OnItsWay("c", text, "", text), View(me=text), 80)]
    assert all(each.isprintable() for each in shown), shown


def test_joined_emoji_fall_apart_since_terminals_disagree_about_them() -> None:
    assert printable("👩\u200d🚀 and a\tb") == "👩🚀 and a    b"


def test_a_user_has_the_same_colour_everywhere_and_it_is_one_of_the_terminals_own() -> None:
    assert name_style("bob") == name_style("bob")
    colours = [name_style(f"user {number}").color for number in range(50)]
    assert len(set(colours)) > 3
    assert all(colour is not None and colour.number is not None and colour.number < 16 for colour in colours)
