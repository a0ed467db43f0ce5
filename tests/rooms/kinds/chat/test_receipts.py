"""read: how far each user has read."""

from __future__ import annotations


async def test_all_hear_how_far_a_user_has_read(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    for text in ("1", "2", "3"):
        await ada.say(text)
    ada.events(), bob.events()
    await bob.tell("read", seq=2)
    told = [("read", {"room": "lobby", "user": "bob", "seq": 2})]
    assert ada.events() == told
    assert bob.events() == told


async def test_reading_goes_only_forward_and_never_past_the_head(lobby):
    ada = await lobby.join("ada")
    for text in ("1", "2", "3"):
        await ada.say(text)
    for seq in (2, 1, 2, 0, 99, 3):
        await ada.tell("read", seq=seq)
    assert [r["seq"] for r in ada.hear("read")] == [2, 3]


async def test_receipts_are_no_events_of_the_history(lobby):
    ada = await lobby.join("ada")
    await ada.say("1")
    await ada.tell("read", seq=1)
    assert (await ada.say("2"))["seq"] == 2


async def test_receipts_are_kept_and_shown_to_those_who_join(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await ada.say("1")
    await bob.tell("read", seq=1)
    await lobby.crash()
    await lobby.join("ada")
    [joined] = (await lobby.join("bob")).hear("joined")
    assert joined["reads"] == {"bob": 1}


async def test_above_the_presence_limit_receipts_are_kept_and_not_told(open_lobby):
    async with open_lobby(presence_users_max=1) as lobby:
        ada, bob = await lobby.join("ada"), await lobby.join("bob")
        await ada.say("1")
        ada.events()
        await bob.tell("read", seq=1)
        assert ada.events() == []
        [joined] = (await lobby.join("bob")).hear("joined")
        assert joined["reads"] == {"bob": 1}
