"""who: one entry a user."""

from __future__ import annotations

import trio

from rooms import Identity


async def test_users_are_listed_once_with_their_connections_longest_present_first(lobby):
    ada = await lobby.join_as(Identity("ada", "Ada L.", avatar="/api/users/ada/avatar"), meta={"a": 1})
    await trio.sleep(1)
    await lobby.join("bob")
    await lobby.join("bob")
    members = await ada.ask("who")
    assert members == {
        "room": "lobby",
        "online": 2,
        "users": [
            {
                "user": "ada",
                "name": "Ada L.",
                "avatar": "/api/users/ada/avatar",
                "meta": {"a": 1},
                "connections": 1,
                "since": "2027-01-15T08:00:00.000Z",
            },
            {"user": "bob", "name": "Bob", "avatar": None, "meta": {}, "connections": 2, "since": "2027-01-15T08:00:01.000Z"},
        ],
        "more": False,
    }


async def test_a_query_finds_connected_users_by_part_of_their_name(lobby):
    ada = await lobby.join("ada")
    for user in ("barbara", "bob", "cyd"):
        await lobby.join(user)
    members = await ada.ask("who", query="B")
    assert [u["user"] for u in members["users"]] == ["barbara", "bob"]
    assert members["online"] == 4


async def test_a_limit_stops_early_and_says_so(lobby):
    ada = await lobby.join("ada")
    await lobby.join("bob")
    members = await ada.ask("who", limit=1)
    assert ([u["user"] for u in members["users"]], members["more"]) == (["ada"], True)
    members = await ada.ask("who", limit=2)
    assert (len(members["users"]), members["more"]) == (2, False)
