"""Trimming by count and by days, through the room's alarm."""

from __future__ import annotations

import trio

DAY_SECONDS = 24 * 60 * 60


def texts(page):
    return [message["message"] for message in page["messages"]]


async def say_numbers(client, count):
    for number in range(1, count + 1):
        await client.tell("message", message=str(number))


async def test_what_is_too_much_is_trimmed_soon_and_the_newest_stay(open_lobby):
    async with open_lobby(history_messages_max=5) as lobby:
        ada = await lobby.join("ada")
        await say_numbers(ada, 8)
        await trio.sleep(3)
        page = await ada.history()
        assert texts(page) == ["4", "5", "6", "7", "8"]
        assert (page["head"], page["more"]) == (8, False)
        await ada.say("9")
        await trio.sleep(3)
        assert texts(await ada.history()) == ["5", "6", "7", "8", "9"]


async def test_a_single_message_may_be_all_that_is_kept(open_lobby):
    async with open_lobby(history_messages_max=1) as lobby:
        ada = await lobby.join("ada")
        await say_numbers(ada, 3)
        await trio.sleep(3)
        assert texts(await ada.history()) == ["3"]


async def test_events_that_are_no_messages_do_not_count(open_lobby):
    async with open_lobby(history_messages_max=3) as lobby:
        ada = await lobby.join("ada")
        first = await ada.say("1")
        for number in range(10):
            await ada.ask("edit", id=first["id"], message=f"1 {number}")
        await ada.say("2")
        await ada.say("3")
        await trio.sleep(5)
        assert len((await ada.history())["messages"]) == 3


async def test_a_large_surplus_is_trimmed_in_steps_until_it_is_gone(open_lobby):
    async with open_lobby(history_messages_max=10, trim_seconds=3600) as lobby:
        ada = await lobby.join("ada")
        await say_numbers(ada, 2_500)
        await trio.sleep(3700)
        page = await ada.history(limit=100)
        assert texts(page) == [str(number) for number in range(2_491, 2_501)]


async def test_a_since_into_what_was_trimmed_does_not_recover(open_lobby):
    async with open_lobby(history_messages_max=5) as lobby:
        ada = await lobby.join("ada")
        await say_numbers(ada, 8)
        epoch = (await ada.history())["epoch"]
        await trio.sleep(3)
        assert (await ada.history(since=3, epoch=epoch))["recovered"] is True
        assert (await ada.history(since=2, epoch=epoch))["recovered"] is False
        await lobby.crash()
        [joined] = (await lobby.join("ada", since=2, epoch=epoch)).hear("joined")
        assert joined["recovered"] is False
        [joined] = (await lobby.join("ada", since=3, epoch=epoch)).hear("joined")
        assert joined["recovered"] is True


async def test_the_head_never_goes_back_when_the_last_change_is_trimmed(open_lobby):
    async with open_lobby(history_messages_max=2) as lobby:
        ada = await lobby.join("ada")
        first = await ada.say("1")
        await say_numbers(ada, 2)
        await ada.ask("edit", id=first["id"], message="changed last")
        await trio.sleep(3)
        await lobby.crash()
        ada = await lobby.join("ada")
        assert ada.hear("joined")[0]["head"] == 4
        assert (await ada.say("next"))["seq"] == 5


async def test_days_trim_through_the_alarm_though_the_room_sleeps_but_for_the_newest(open_lobby):
    async with open_lobby(history_days_max=2) as lobby:
        ada = await lobby.join("ada")
        await ada.say("first day")
        await trio.sleep(DAY_SECONDS)
        await ada.say("second day")
        await trio.sleep(DAY_SECONDS + 5)
        assert texts(await ada.history()) == ["second day"]
        await trio.sleep(10 * DAY_SECONDS)
        assert texts(await ada.history()) == ["second day"]
        await ada.say("much later")
        await trio.sleep(5)
        assert texts(await ada.history()) == ["much later"]


async def test_an_old_single_message_does_not_keep_the_alarm_ringing(open_lobby):
    async with open_lobby(history_days_max=1) as lobby:
        ada = await lobby.join("ada")
        await ada.say("alone")
        await trio.sleep(3 * DAY_SECONDS)
        before = lobby.harness.disk.appends
        await trio.sleep(3 * DAY_SECONDS)
        assert lobby.harness.disk.appends == before


async def test_a_cid_is_remembered_a_day_though_its_message_was_trimmed(open_lobby):
    async with open_lobby(history_messages_max=1) as lobby:
        ada = await lobby.join("ada")
        ack = await ada.say("once", cid="c1")
        await ada.say("another")
        await trio.sleep(3)
        assert texts(await ada.history()) == ["another"]
        assert await ada.say("once", cid="c1") == ack
        await lobby.crash()
        ada = await lobby.join("ada")
        assert await ada.say("once", cid="c1") == ack
        await trio.sleep(DAY_SECONDS)
        assert (await ada.say("once", cid="c1"))["seq"] == 3


async def test_an_operators_shorter_limit_reaches_rooms_that_slept(open_lobby):
    async with open_lobby(history_messages_max=100) as lobby:
        ada = await lobby.join("ada")
        await say_numbers(ada, 10)
        room_class = await lobby.harness.visit("lobby", type)
        await lobby.restart()
        room_class.settings = type(room_class.settings)(history_messages_max=3)
        ada = await lobby.join("ada")
        await ada.say("11")
        await trio.sleep(3)
        assert texts(await ada.history()) == ["9", "10", "11"]


async def test_the_replies_of_a_trimmed_message_are_still_its_thread(open_lobby):
    async with open_lobby(history_messages_max=2) as lobby:
        ada = await lobby.join("ada")
        first = await ada.say("first")
        await ada.say("reply", reply_to=first["id"])
        await ada.say("another reply", reply_to=first["id"])
        await trio.sleep(3)
        assert texts(await ada.history(thread=first["id"])) == ["reply", "another reply"]
