"""kick, ban, unban, mute, unmute: moderators act, never against an equal or greater role."""

from __future__ import annotations

import pytest
import trio

from rooms import Identity, Refusal

NOT_AUTHORIZED = Refusal("not_authorized", "Not authorized")


def moderator_called(user):
    return Identity(user, user.title(), moderates=("lobby",))


@pytest.fixture
async def moderator(lobby):
    return await lobby.join_as(moderator_called("mod"))


async def test_a_kicked_user_is_told_put_out_and_missed(lobby, moderator):
    ada, phone = await lobby.join("ada"), await lobby.join("ada")
    for each in (ada, phone, moderator):
        each.events()
    assert await moderator.ask("kick", user="ada", reason="rude") == {"room": "lobby"}
    kicked = ("kicked", {"room": "lobby", "by": "mod", "reason": "rude", "seconds": 60})
    assert ada.events() == [kicked]
    assert phone.events() == [kicked]
    assert ada.closed == phone.closed == (4410, "kicked")
    assert [(left["user"], left["reason"]) for left in moderator.hear("left")] == [("ada", "kicked")]


async def test_a_kicked_user_may_come_back_after_the_seconds(lobby, moderator):
    await lobby.join("ada")
    await moderator.ask("kick", user="ada", seconds=10)
    await trio.sleep(4)
    early = await lobby.join("ada")
    assert early.refusal == Refusal("banned", "Banned", retry_after_ms=6_000, close_code=4410)
    assert early.events() == []
    await trio.sleep(6)
    assert (await lobby.join("ada")).refusal is None


async def test_who_is_not_here_cannot_be_kicked(lobby, moderator):
    assert await moderator.ask("kick", user="ada") == Refusal("user_not_found", "User not found")


async def test_a_banned_user_is_put_out_and_refused_for_ever_over_restarts(lobby, moderator):
    ada = await lobby.join("ada")
    await moderator.ask("ban", user="ada")
    assert ada.hear("kicked") == [{"room": "lobby", "by": "mod", "reason": None, "seconds": None}]
    assert ada.closed == (4411, "banned")
    await lobby.crash()
    await trio.sleep(7 * 24 * 3600)
    assert (await lobby.join("ada")).refusal == Refusal("banned", "Banned", close_code=4411)


async def test_a_ban_may_end_by_itself_or_by_unban(lobby, moderator):
    await moderator.ask("ban", user="ada", seconds=100)
    await moderator.ask("ban", user="bob")
    await trio.sleep(99)
    assert (await lobby.join("ada")).refusal is not None
    await trio.sleep(1)
    assert (await lobby.join("ada")).refusal is None
    assert await moderator.ask("unban", user="bob") == {"room": "lobby"}
    assert (await lobby.join("bob")).refusal is None


async def test_a_kick_does_not_shorten_a_ban(lobby, moderator):
    ada = await lobby.join("ada")
    await ada.cut()
    await moderator.ask("ban", user="ada")
    await moderator.ask("kick", user="ada", seconds=1)
    await trio.sleep(5)
    assert (await lobby.join("ada")).refusal.close_code == 4411


async def test_a_muted_user_hears_and_says_nothing_until_it_ends(lobby, moderator):
    ada = await lobby.join("ada")
    said = await ada.say("before")
    await moderator.ask("mute", user="ada", seconds=10)
    moderator.events()
    muted = Refusal("muted", "Muted", retry_after_ms=10_000)
    assert await ada.ask("message", message="hm") == muted
    assert await ada.ask("edit", id=said["id"], message="hm") == muted
    assert await ada.ask("react", id=said["id"], emoji="👍") == muted
    assert await ada.ask("event", name="x", data=1) == muted
    await ada.tell("typing")
    assert moderator.events() == []
    await moderator.say("you hear me")
    assert len(ada.hear("message")) == 2
    await lobby.crash()
    ada, moderator = await lobby.join("ada"), await lobby.join_as(moderator_called("mod"))
    assert (await ada.ask("message", message="hm")).code == "muted"
    await trio.sleep(10)
    assert isinstance(await ada.ask("message", message="after"), dict)


async def test_a_mute_without_seconds_lasts_until_unmute(lobby, moderator):
    ada = await lobby.join("ada")
    await moderator.ask("mute", user="ada")
    assert await ada.ask("message", message="hm") == Refusal("muted", "Muted")
    await moderator.ask("unmute", user="ada")
    assert isinstance(await ada.ask("message", message="hm"), dict)


@pytest.mark.parametrize("type_", ["kick", "ban", "unban", "mute", "unmute"])
async def test_members_may_not_moderate(lobby, type_):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    assert await ada.ask(type_, user="bob") == NOT_AUTHORIZED
    assert bob.closed is None


@pytest.mark.parametrize("type_", ["kick", "ban", "mute"])
async def test_nobody_acts_against_an_equal_or_a_greater(lobby, moderator, type_):
    await lobby.harness.stub("lobby").create("olga", "")
    await lobby.join("olga")
    await lobby.join_as(Identity("root", "Root", admin=True))
    await lobby.join_as(moderator_called("mod2"))
    for user in ("olga", "root", "mod2", "mod"):
        assert await moderator.ask(type_, user=user) == NOT_AUTHORIZED
    owner = await lobby.join("olga")
    assert await owner.ask(type_, user="mod2") == {"room": "lobby"}


async def test_a_ban_by_an_equal_who_was_away_does_not_hold(lobby, moderator):
    await moderator.ask("ban", user="mod2")
    await moderator.ask("mute", user="mod2")
    other = await lobby.join_as(moderator_called("mod2"))
    assert other.refusal is None
    assert isinstance(await other.ask("message", message="still a moderator"), dict)


async def test_moderation_takes_no_seq(lobby, moderator):
    await lobby.join("ada")
    for type_ in ("mute", "unmute", "kick", "ban", "unban"):
        await moderator.ask(type_, user="ada")
    assert (await moderator.say("first"))["seq"] == 1
