"""role: the owner makes moderators, and what a role allows takes effect at once."""

from __future__ import annotations

import pytest

from rooms import Identity, Refusal

NOT_AUTHORIZED = Refusal("not_authorized", "Not authorized")
ADMIN = Identity("root", "Root", admin=True)
MODERATOR = Identity("mod", "Mod", moderates=("lob*",))


@pytest.fixture
async def owner(lobby):
    """Olga, who owns the lobby."""
    await lobby.harness.stub("lobby").create("olga", "Olga's")
    return await lobby.join("olga")


async def test_joined_says_ones_role(lobby, owner):
    assert owner.hear("joined")[0]["role"] == "owner"
    assert (await lobby.join("ada")).hear("joined")[0]["role"] == "member"
    assert (await lobby.join_as(MODERATOR)).hear("joined")[0]["role"] == "moderator"
    assert (await lobby.join_as(ADMIN)).hear("joined")[0]["role"] == "admin"


async def test_an_owner_makes_a_moderator_and_all_are_told_as_the_next_event(lobby, owner):
    ada = await lobby.join("ada")
    ada.events()
    answer = await owner.ask("role", user="ada", role="moderator")
    assert answer == {"room": "lobby", "seq": 1}
    told = {"room": "lobby", "seq": 1, "title": "Olga's", "topic": "", "history_days": 0, "user": "ada", "role": "moderator"}
    assert ada.events() == [("room", told)]
    assert (await ada.say("mine"))["seq"] == 2


async def test_a_changed_role_takes_effect_on_open_sockets_and_over_restarts(lobby, owner):
    ada = await lobby.join("ada")
    said = await owner.say("not hers")
    assert await ada.ask("edit", id=said["id"], message="!") == NOT_AUTHORIZED
    await owner.ask("role", user="ada", role="moderator")
    assert isinstance(await ada.ask("edit", id=said["id"], message="!"), dict)
    await lobby.crash()
    ada, owner = await lobby.join("ada"), await lobby.join("olga")
    assert ada.hear("joined")[0]["role"] == "moderator"
    await owner.ask("role", user="ada", role="member")
    assert await ada.ask("edit", id=said["id"], message="?") == NOT_AUTHORIZED


async def test_a_refreshed_token_changes_what_one_may_do(lobby):
    ada, moderator = await lobby.join("ada"), await lobby.join_as(MODERATOR)
    said = await ada.say("hers")
    assert isinstance(await moderator.ask("edit", id=said["id"], message="!"), dict)
    moderator.client.identity = Identity("mod", "Mod")
    assert await moderator.ask("edit", id=said["id"], message="?") == NOT_AUTHORIZED


@pytest.mark.parametrize("identity", [Identity("ada", "Ada"), MODERATOR])
async def test_only_owners_and_admins_give_roles(lobby, owner, identity):
    other = await lobby.join_as(identity)
    assert await other.ask("role", user="bob", role="moderator") == NOT_AUTHORIZED
    assert (await owner.history())["head"] == 0


async def test_an_owner_cannot_unmake_an_owner_and_an_admin_can(lobby, owner):
    assert await owner.ask("role", user="olga", role="member") == NOT_AUTHORIZED
    admin = await lobby.join_as(ADMIN)
    assert await owner.ask("role", user="root", role="member") == NOT_AUTHORIZED
    assert isinstance(await admin.ask("role", user="olga", role="member"), dict)
    assert await owner.ask("role", user="ada", role="moderator") == NOT_AUTHORIZED


async def test_a_role_one_has_already_is_no_event(lobby, owner):
    assert await owner.ask("role", user="ada", role="member") == {"room": "lobby"}
    assert (await owner.history())["head"] == 0
