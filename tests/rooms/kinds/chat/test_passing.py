"""typing and event: heard by the others, kept by nobody."""

from __future__ import annotations

from rooms import Identity


async def test_typing_reaches_the_other_users_only(lobby):
    ada, bob, phone = await lobby.join("ada"), await lobby.join("bob"), await lobby.join("bob")
    for each in (ada, bob, phone):
        each.events()
    await bob.tell("typing")
    await bob.tell("typing", typing=False)
    assert ada.events() == [
        ("typing", {"room": "lobby", "user": "bob", "name": "Bob", "typing": True}),
        ("typing", {"room": "lobby", "user": "bob", "name": "Bob", "typing": False}),
    ]
    assert bob.events() == phone.events() == []


async def test_typing_shows_a_guest_by_the_name_it_gave(lobby):
    ada, guest = await lobby.join("ada"), await lobby.join_as(Identity("guest-1", "Guest", guest=True), name="Zoë")
    await guest.tell("typing")
    assert ada.hear("typing")[0]["name"] == "Zoë"


async def test_above_the_presence_limit_typing_is_not_told(open_lobby):
    async with open_lobby(presence_users_max=1) as lobby:
        ada, bob = await lobby.join("ada"), await lobby.join("bob")
        ada.events()
        await bob.tell("typing")
        assert ada.events() == []


async def test_an_event_reaches_the_others_with_its_own_name(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    ada.events(), bob.events()
    await bob.tell("event", name="cursor", data={"x": 1, "y": [2, None]})
    assert ada.events() == [("event", {"room": "lobby", "user": "bob", "name": "cursor", "data": {"x": 1, "y": [2, None]}})]
    assert bob.events() == []


async def test_nothing_that_passes_is_kept_or_numbered(lobby):
    ada = await lobby.join("ada")
    await ada.tell("event", name="cursor", data=1)
    await ada.tell("typing")
    page = await ada.history()
    assert (page["head"], page["messages"]) == (0, [])
    assert not list(lobby.harness.path.glob("rooms/rooms/*/*"))
