"""search: what is found, in which order, and what no longer is."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from rooms import Identity, Refusal
from rooms.kinds.chat import searching


async def results(chatter: Any, query: str, **data: Any) -> list[dict[str, Any]]:
    answer = await chatter.ask("search", query=query, **data)
    assert isinstance(answer, dict), answer
    return answer["messages"]


async def texts(chatter: Any, query: str, **data: Any) -> list[str]:
    return [message["message"] for message in await results(chatter, query, **data)]


async def test_a_message_is_found_with_the_piece_that_matches(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("The quick brown fox", meta={"n": 1})
    await ada.say("something else")
    answer = await ada.ask("search", query="QUICK fo")
    assert answer["room"], answer["query"] == ("lobby", "QUICK fo")
    (message,) = answer["messages"]
    assert (message["id"], message["seq"], message["meta"]) == (said["id"], 1, {"n": 1})
    assert message["snippet"] == "The \x02quick\x03 brown \x02fox\x03"
    assert "cursor" not in answer


async def test_what_was_said_just_now_is_found_though_much_was_said(lobby):
    ada = await lobby.join("ada")
    for n in range(600):
        await ada.say(f"word{n}")
    assert await texts(ada, "word599") == ["word599"]
    assert await texts(ada, "word0") == ["word0"]


async def test_of_a_long_message_the_snippet_is_a_part(lobby):
    ada = await lobby.join("ada")
    await ada.say("word " * 200 + "needle " + "word " * 200)
    (message,) = await results(ada, "needle")
    assert "\x02needle\x03" in message["snippet"]
    assert message["snippet"].startswith("…")
    assert len(message["snippet"]) < 200


async def test_marks_in_a_message_are_no_marks_in_a_snippet(lobby):
    ada = await lobby.join("ada")
    await ada.say("a \x02fake\x03 mark")
    (message,) = await results(ada, "mark")
    assert message["snippet"] == "a  fake  \x02mark\x03"


async def test_the_best_come_first_and_of_equals_the_latest(lobby):
    ada = await lobby.join("ada")
    await ada.say("cat")
    await ada.say("cat")
    await ada.say("cat cat cat")
    await ada.say("a long story in which after many other words there is a cat at last")
    await ada.say("dog")
    assert [message["seq"] for message in await results(ada, "cat")] == [3, 2, 1, 4]


async def test_pages_follow_each_other_without_gaps(lobby):
    ada = await lobby.join("ada")
    for i in range(45):
        await ada.say(f"cat {i}")
    answer = await ada.ask("search", query="cat")
    seqs = [message["seq"] for message in answer["messages"]]
    assert len(seqs) == searching.LIMIT
    await ada.say("cat, later")
    while "cursor" in answer:
        answer = await ada.ask("search", query="cat", cursor=answer["cursor"])
        seqs += [message["seq"] for message in answer["messages"]]
    assert sorted(seqs) == list(range(1, 46))
    assert len(await results(ada, "cat", limit=100)) == 46
    assert await results(ada, "cat", limit=0) == []


async def test_big_messages_come_in_more_pages(lobby):
    ada = await lobby.join("ada")
    for _ in range(30):
        await ada.say("x" * 3_000 + " cat", meta={"a": "b" * 4_000})
    for _ in range(20):
        await ada.say("x" * 3_000 + " cat", meta={"a": "b" * 4_000})
    seqs, cursor = [], {}
    while True:
        answer = await ada.ask("search", query="cat", limit=100, **cursor)
        seqs += [message["seq"] for message in answer["messages"]]
        if "cursor" not in answer:
            break
        cursor = {"cursor": answer["cursor"]}
    assert sorted(seqs) == list(range(1, 51))


async def test_an_edited_message_is_found_by_its_present_text(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("first")
    assert await texts(ada, "first") == ["first"]
    await ada.ask("edit", id=said["id"], message="second")
    assert (await texts(ada, "first"), await texts(ada, "second")) == ([], ["second"])


async def test_a_deleted_message_is_not_found(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("secret")
    await trio.sleep(2)
    await ada.ask("delete", id=said["id"])
    assert await texts(ada, "secret") == []
    await trio.sleep(2)
    assert await texts(ada, "secret") == []


async def test_reactions_and_pins_change_nothing_of_the_index(lobby):
    ada = await lobby.join_as(Identity("ada", "Ada", moderates=("lobby",)))
    said = await ada.say("hello")
    await trio.sleep(2)
    await ada.ask("react", id=said["id"], emoji="👍")
    await ada.ask("pin", id=said["id"])
    await trio.sleep(2)
    (message,) = await results(ada, "hello")
    assert (message["pinned"], message["reactions"]) == (True, {"👍": ["ada"]})


@pytest.mark.parametrize("ending", ["crash", "restart"])
async def test_after_a_restart_everything_is_found_and_nothing_that_was_taken_back(lobby, ending):
    ada = await lobby.join("ada")
    kept, gone, changed = await ada.say("kept cat"), await ada.say("gone cat"), await ada.say("old cat")
    await trio.sleep(2)
    await ada.ask("delete", id=gone["id"])
    await ada.ask("edit", id=changed["id"], message="new cat")
    await ada.say("late cat")
    await getattr(lobby, ending)()
    ada = await lobby.join("ada")
    assert sorted(await texts(ada, "cat")) == ["kept cat", "late cat", "new cat"]
    assert kept["seq"] == 1
    await trio.sleep(2)
    assert sorted(await texts(ada, "cat")) == ["kept cat", "late cat", "new cat"]
    assert await texts(ada, "old") == []


async def test_a_lost_index_is_made_again(lobby):
    ada = await lobby.join("ada")
    for i in range(700):
        await ada.tell("message", message=f"cat {i}")
    await trio.sleep(2)

    def lose(room: Any) -> None:
        for (name,) in room.storage.sql("SELECT name FROM sqlite_schema WHERE name LIKE 'derived_by_%'"):
            room.storage.sql(f"DROP TABLE {name}")

    await lobby.harness.visit("lobby", lose)
    await lobby.restart()
    ada = await lobby.join("ada")
    await trio.sleep(3)
    assert await texts(ada, "cat 699") == ["cat 699"]
    assert await texts(ada, "cat 0") == ["cat 0"]


async def test_trimmed_messages_leave_the_index(open_lobby):
    async with open_lobby(history_messages_max=10, trim_seconds=1) as lobby:
        ada = await lobby.join("ada")
        for i in range(60):
            await ada.say(f"cat {i}")
        await trio.sleep(10)
        assert len(await texts(ada, "cat", limit=100)) == 10
        size = await lobby.harness.visit("lobby", lambda room: room.storage.sql("SELECT count(*) FROM derived_search"))
        assert size == [(10,)]


async def test_rooms_do_not_find_what_others_say(lobby):
    ada = await lobby.join("ada")
    await ada.say("cat")
    elsewhere = await lobby.harness.connect("attic", identity=Identity("bob", "Bob"))
    await elsewhere.request("search", "ref", query="cat")
    assert elsewhere.received[-1].data["messages"] == []


@pytest.mark.parametrize("query", ["!!!", "   ", "x " * 17])
async def test_nothing_to_look_for_is_a_bad_message(lobby, query):
    ada = await lobby.join("ada")
    refusal = await ada.ask("search", query=query)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_message"


@pytest.mark.parametrize("cursor", ["", "x", "-1-5", "1000-5", "99999-1", "1-99999999999999999"])
async def test_a_cursor_of_ones_own_is_a_bad_message(lobby, cursor):
    ada = await lobby.join("ada")
    refusal = await ada.ask("search", query="x", cursor=cursor)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_message"


async def test_who_is_muted_may_search_as_they_may_read(lobby):
    mod = await lobby.join_as(Identity("mod", "Mod", moderates=("lobby",)))
    ada = await lobby.join("ada")
    await ada.say("cat")
    await mod.ask("mute", user="ada")
    assert await texts(ada, "cat") == ["cat"]
    await mod.ask("ban", user="ada")
    assert ada.closed is not None
    assert (await lobby.join("ada")).refusal is not None


async def test_in_an_empty_room_nothing_is_found_and_nothing_written(lobby):
    ada = await lobby.join("ada")
    assert await texts(ada, "cat") == []
    assert lobby.harness.runtime.stats.journal_records == 0
