"""history: pages in both directions, threads, pins, and what was missed."""

from __future__ import annotations

import msgspec
import pytest

from rooms import Refusal


@pytest.fixture
async def ada(lobby):
    """Ada, in a lobby where she has said "1" to "10"."""
    ada = await lobby.join("ada")
    for number in range(1, 11):
        await ada.tell("message", message=str(number))
    ada.events()
    return ada


def seqs(page):
    return [message["seq"] for message in page["messages"]]


@pytest.mark.parametrize(
    ("asked", "found", "more"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
        ({"limit": 3}, [8, 9, 10], True),
        ({"before": 5}, [1, 2, 3, 4], False),
        ({"before": 5, "limit": 2}, [3, 4], True),
        ({"after": 7}, [8, 9, 10], False),
        ({"after": 7, "limit": 2}, [8, 9], True),
        ({"after": 2, "before": 5}, [3, 4], False),
        ({"after": 2, "before": 7, "limit": 2}, [3, 4], True),
        ({"before": 1}, [], False),
        ({"after": 10}, [], False),
        ({"after": 0, "limit": 10}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
        ({"limit": 0}, [], True),
    ],
)
async def test_a_page_is_ascending_and_its_bounds_are_exclusive(ada, asked, found, more):
    page = await ada.history(**asked)
    assert (seqs(page), page["more"]) == (found, more)
    assert (page["room"], page["head"]) == ("lobby", 10)


async def test_pages_backward_meet_every_message_once(ada):
    found, before = [], 11
    while True:
        page = await ada.history(before=before, limit=3)
        found = seqs(page) + found
        if not page["more"]:
            break
        before = page["messages"][0]["seq"]
    assert found == list(range(1, 11))


async def test_since_with_the_epoch_gives_what_was_missed_and_without_the_latest_page(ada):
    epoch = (await ada.history())["epoch"]
    page = await ada.history(since=7, epoch=epoch)
    assert (seqs(page), page["recovered"], page["more"]) == ([8, 9, 10], True, False)
    page = await ada.history(since=7, limit=2)
    assert (seqs(page), page["recovered"]) == ([9, 10], False)


async def test_a_thread_is_its_first_message_and_every_reply_however_deep(ada):
    root = (await ada.history())["messages"][4]["id"]
    reply = await ada.say("reply", reply_to=root)
    await ada.say("beside")
    deeper = await ada.say("reply to the reply", reply_to=reply["id"])
    for of in (root, reply["id"], deeper["id"]):
        assert seqs(await ada.history(thread=of)) == [5, 11, 13]
    assert (seqs(await ada.history(thread=root, limit=2)), seqs(await ada.history(thread=root, after=5))) == ([11, 13], [11, 13])
    assert (await ada.history(thread=root))["messages"][2]["reply_to"] == reply["id"]


async def test_the_thread_of_a_message_without_replies_is_the_message(ada):
    root = (await ada.history())["messages"][4]["id"]
    assert seqs(await ada.history(thread=root)) == [5]


async def test_the_thread_of_nothing_is_refused(ada):
    assert await ada.ask("history", thread="nothing") == Refusal("message_not_found", "Message not found")


async def test_a_page_stops_at_the_size_of_an_answer_and_goes_on_from_there(open_lobby):
    async with open_lobby(page_bytes_max=64 * 1024) as lobby:
        ada = await lobby.join("ada")
        for _ in range(20):
            await ada.tell("message", message="\x01" * 4_000)  # six bytes each as JSON
        found, after = [], 0
        while True:
            page = await ada.history(after=after)
            assert len(msgspec.json.encode(page)) < 64 * 1024
            found += seqs(page)
            if not page["more"]:
                break
            after = found[-1]
        assert found == list(range(1, 21))
        page = await ada.history()
        assert (seqs(page)[-1], page["more"]) == (20, True)


async def test_reading_writes_nothing(lobby):
    ada = await lobby.join("ada")
    before = lobby.harness.disk.appends
    await ada.history()
    await ada.history(since=0, epoch="e")
    await ada.ask("who")
    assert lobby.harness.disk.appends == before


async def test_a_page_fits_for_readers_of_msgpack_too_in_which_fractions_are_larger(lobby):
    fractions = {"l": [0.5] * 1_000}
    users = [await lobby.join(f"user-{n}", meta={"l": [0.5] * 250}) for n in range(60)]
    for n in range(60):
        await users[n].say(str(n), meta=fractions)
    joined = (await lobby.join("bob")).hear("joined")[-1]
    page = await users[0].history(limit=100)
    members = await users[0].ask("who", limit=100)
    for answer in (joined, page, members):
        assert 64 * 1024 < len(msgspec.msgpack.encode(answer)) <= 256 * 1024 - 512
    assert joined["more"]
    assert page["more"]
