"""Every request of the protocol's table, on both carriers and in both formats, over real sockets: what is answered, and what others hear.

What a row promises beyond its first line is tried in the files beside this one.
"""

from __future__ import annotations

from tests.system.rows import TIME, Data, Place, row


@row(hears=("hello",))
def test_hello(place: Place) -> None:
    hello: Data = place.on_many("ada").hello  # type: ignore[attr-defined]
    assert hello["user"] == {"user": place.user("ada"), "name": "Ada", "avatar": hello["user"]["avatar"]}
    assert hello["authorizedRooms"] == [place.room]
    assert hello["protocol"] == "rooms.v1"
    assert (hello["online"], hello["conversations"]) == ([], [])
    assert isinstance(hello["session"], str)
    assert isinstance(hello["limits"], dict)
    assert hello["stats"][place.room] == {"online": 0}
    assert "online" not in place.on_one("bob").hello  # type: ignore[attr-defined]


@row("auth")
def test_auth(place: Place) -> None:
    client = place.open(place.server.socket_url(place.room), None)
    hello = place.ask(client, "auth", "hello", token=place.token("ada"))
    assert hello["user"]["user"] == place.user("ada")
    assert place.ask(client, "auth", "hello", token=place.token("ada"))["session"] == hello["session"]
    assert place.refused(client, "auth", token=place.token("bob")) == "not_authorized"


@row("join", hears=("joined",))
def test_join(place: Place) -> None:
    ada, bob = place.on_many("ada"), place.on_one("bob")
    joined = place.ask(ada, "join", "joined", room=place.room, meta={"color": "red"})
    keys = {"room", "session", "user", "name", "title", "topic", "role", "users", "online", "history", "head", "epoch", "recovered", "more"}
    assert keys <= set(joined)
    assert (joined["room"], joined["user"], joined["name"], joined["role"]) == (place.room, place.user("ada"), "Ada", "member")
    assert [user["user"] for user in joined["users"]] == [place.user("ada")]
    place.ask(bob, "join", "joined", meta={"n": 1.5})
    told = ada.receive("joined")
    assert (told["user"], told["name"], told["meta"], told["room"]) == (place.user("bob"), "Bob", {"n": 1.5}, place.room)
    assert place.refused(ada, "join", room="another") == "not_authorized"


@row("leave", hears=("left",))
def test_leave(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    left = place.ask(bob, "leave", "left", room=place.room)
    assert (left["room"], left["user"]) == (place.room, place.user("bob"))
    told = ada.receive("left")
    assert {"room", "session", "user", "reason"} <= set(told)
    assert told["user"] == place.user("bob")
    assert place.refused(bob, "message", room=place.room, message="?") == "not_in_room"


@row("message", hears=("message",))
def test_message(place: Place) -> None:
    ada, bob = place.inside("ada"), place.on_one("bob")
    bob.join()
    first = place.ask(bob, "message", message="first")
    extra: Data = {"reply_to": first["id"], "mentions": ["bob"], "meta": {"n": 1, "deep": [None, {"x": "ü🎉"}]}}
    ack = place.ask(ada, "message", room=place.room, message="ünï 🎉", cid="c1", **extra)
    assert (ack["seq"], ack["room"], ack["cid"]) == (2, place.room, "c1")
    for client in (ada, bob):
        client.receive("message")
        message = client.receive("message")
        assert TIME.fullmatch(message.pop("time"))
        expected = {"id": ack["id"], "seq": 2, "changed": 2, "room": place.room, "from": place.user("ada"), "name": "Ada"}
        assert message == {**expected, "message": "ünï 🎉", "cid": "c1", **extra}


@row("typing", hears=("typing",))
def test_typing(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    for on in (True, False):
        ada.send("typing", room=place.room, typing=on)
        assert bob.receive("typing") == {"room": place.room, "user": place.user("ada"), "name": "Ada", "typing": on}


@row("event", hears=("event",))
def test_event(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    data = {"x": 1, "y": [None, -2.5, "ü", True]}
    ada.send("event", room=place.room, name="cursor", data=data)
    event = bob.receive("event")
    assert event == {"room": place.room, "user": place.user("ada"), "name": "cursor", "data": data}


@row("private", hears=("private",))
def test_private(place: Place) -> None:
    ada, bob = place.on_many("ada"), place.on_many("bob")
    ack = place.ask(ada, "private", to=place.user("bob"), message="psst", cid="c", meta={"n": 1})
    assert (ack["seq"], ack["with"], ack["cid"]) == (1, place.user("bob"), "c")
    for client in (ada, bob):
        letter = client.receive("private")
        assert (letter["id"], letter["from"], letter["to"]) == (ack["id"], place.user("ada"), place.user("bob"))
        assert (letter["message"], letter["meta"]) == ("psst", {"n": 1})
    assert place.refused(ada, "private", to="nobody at all", message="?") == "user_not_found"


@row("history")
def test_history(place: Place) -> None:
    ada = place.inside("ada")
    ids = [place.ask(ada, "message", room=place.room, message=f"{i}")["id"] for i in range(1, 6)]
    place.ask(ada, "message", room=place.room, message="reply", reply_to=ids[0])
    page = place.ask(ada, "history", "history", room=place.room, after=1, limit=2)
    assert [message["message"] for message in page["messages"]] == ["2", "3"]
    assert (page["room"], page["head"], page["more"]) == (place.room, 6, True)
    since = place.ask(ada, "history", "history", room=place.room, since=4, epoch=page["epoch"])
    assert [message["seq"] for message in since["messages"]] == [5, 6]
    thread = place.ask(ada, "history", "history", room=place.room, thread=ids[0])
    assert [message["message"] for message in thread["messages"]] == ["1", "reply"]
    assert place.ask(ada, "history", "history", room=place.room, pinned=True)["messages"] == []


@row("edit", hears=("edited",))
def test_edit(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    said = place.ask(ada, "message", room=place.room, message="helo")
    ack = place.ask(ada, "edit", room=place.room, id=said["id"], message="hello")
    assert ack["seq"] == 2
    for client in (ada, bob):
        assert client.receive("edited") == {"room": place.room, "id": said["id"], "seq": 2, "message": "hello"}
    assert place.refused(bob, "edit", room=place.room, id=said["id"], message="mine") == "not_authorized"


@row("delete", hears=("deleted",))
def test_delete(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    said = place.ask(ada, "message", room=place.room, message="oops")
    assert place.refused(bob, "delete", room=place.room, id=said["id"]) == "not_authorized"
    assert place.ask(ada, "delete", room=place.room, id=said["id"])["seq"] == 2
    for client in (ada, bob):
        assert client.receive("deleted") == {"room": place.room, "id": said["id"], "seq": 2}
    assert place.refused(ada, "delete", room=place.room, id="none") == "message_not_found"


@row("react", hears=("reacted",))
def test_react(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    said = place.ask(ada, "message", room=place.room, message="fun")
    for on, users in ((True, [place.user("bob")]), (False, [])):
        place.ask(bob, "react", room=place.room, id=said["id"], emoji="👍", on=on)
        reacted = ada.receive("reacted")
        assert (reacted["id"], reacted["emoji"], reacted["users"], reacted["room"]) == (said["id"], "👍", users, place.room)


@row("pin", hears=("pinned",))
def test_pin(place: Place) -> None:
    mod, ada = place.inside("mod", moderates=[place.room]), place.inside("ada")
    said = place.ask(ada, "message", room=place.room, message="rules")
    assert place.refused(ada, "pin", room=place.room, id=said["id"]) == "not_authorized"
    place.ask(mod, "pin", room=place.room, id=said["id"])
    assert ada.receive("pinned") == {"room": place.room, "id": said["id"], "seq": 2, "on": True}


@row("read", hears=("read",))
def test_read(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    place.ask(ada, "message", room=place.room, message="one")
    bob.send("read", room=place.room, seq=99)
    assert ada.receive("read") == {"room": place.room, "user": place.user("bob"), "seq": 1}


@row("search")
def test_search(place: Place) -> None:
    ada = place.inside("ada")
    for text in ("The quick brown fox", "no match", "Füchse 🦊"):
        place.ask(ada, "message", room=place.room, message=text)
    results = place.ask(ada, "search", "results", room=place.room, query="QUICK fo")
    assert results["room"] == place.room
    assert "cursor" not in results
    assert [(message["seq"], message["snippet"]) for message in results["messages"]] == [(1, "The \x02quick\x03 brown \x02fox\x03")]
    assert [message["seq"] for message in place.ask(ada, "search", "results", room=place.room, query="🦊")["messages"]] == [3]
    first = place.ask(ada, "search", "results", room=place.room, query="fuchse", limit=0)
    assert first["messages"] == []
    assert place.refused(ada, "search", room=place.room, query="?!") == "bad_message"


@row("who")
def test_who(place: Place) -> None:
    ada, _, bob = place.inside("ada"), place.inside("ada"), place.inside("bob")
    members = place.ask(bob, "who", "members", room=place.room)
    assert (members["room"], members["online"]) == (place.room, 2)
    assert {user["user"]: user["connections"] for user in members["users"]} == {place.user("ada"): 2, place.user("bob"): 1}
    assert all({"user", "name", "avatar", "meta", "connections", "since"} <= set(user) for user in members["users"])
    found = place.ask(bob, "who", "members", room=place.room, query="ad")
    assert [user["name"] for user in found["users"]] == ["Ada"]
    company = place.ask(ada, "who", "members")
    assert place.user("bob") in [user["user"] for user in company["users"]]


@row("conversations")
def test_conversations(place: Place) -> None:
    ada, bob = place.on_many("ada"), place.on_many("bob")
    place.ask(ada, "private", to=place.user("bob"), message="one")
    bob.receive("private")
    listed = place.ask(bob, "conversations", "conversations")
    ((entry),) = listed["list"]
    assert (entry["with"], entry["unread"], entry["head"], entry["last"]["message"]) == (place.user("ada"), 1, 1, "one")


@row("kick", hears=("kicked",))
def test_kick(place: Place) -> None:
    mod, ada = place.inside("mod", moderates=[place.room]), place.inside("ada")
    assert place.refused(ada, "kick", room=place.room, user=place.user("mod")) == "not_authorized"
    place.ask(mod, "kick", room=place.room, user=place.user("ada"), reason="noise", seconds=5)
    kicked = ada.receive("kicked")
    assert (kicked["room"], kicked["by"], kicked["reason"], kicked["seconds"]) == (place.room, place.user("mod"), "noise", 5)
    assert place.refused(ada, "join", room=place.room) == "banned"
    bob = place.on_one("bob")
    bob.join()
    place.ask(mod, "kick", room=place.room, user=place.user("bob"))
    assert bob.close_code() == 4410


@row("ban", "unban")
def test_ban_and_unban(place: Place) -> None:
    mod, ada = place.inside("mod", moderates=[place.room]), place.on_one("ada")
    ada.join()
    place.ask(mod, "ban", room=place.room, user=place.user("ada"))
    assert ada.close_code() == 4411
    place.ask(mod, "unban", room=place.room, user=place.user("ada"))
    place.inside("ada")


@row("mute", "unmute")
def test_mute_and_unmute(place: Place) -> None:
    mod, ada = place.inside("mod", moderates=[place.room]), place.inside("ada")
    place.ask(mod, "mute", room=place.room, user=place.user("ada"))
    assert place.refused(ada, "message", room=place.room, message="?") == "muted"
    place.ask(mod, "unmute", room=place.room, user=place.user("ada"))
    place.ask(ada, "message", room=place.room, message="!")


@row("role", "room", hears=("room",))
def test_role_and_room(place: Place) -> None:
    admin, ada = place.inside("admin", admin=True), place.inside("ada")
    assert place.refused(ada, "room", room=place.room, title="mine") == "not_authorized"
    place.ask(admin, "role", room=place.room, user=place.user("ada"), role="moderator")
    changed = ada.receive("room")
    assert (changed["room"], changed["seq"]) == (place.room, 1)
    place.ask(admin, "room", room=place.room, title="The Attic", topic="dust", history_days=7)
    changed = ada.receive("room")
    assert (changed["seq"], changed["title"], changed["topic"], changed["history_days"]) == (2, "The Attic", "dust", 7)


@row("block", hears=("blocked",))
def test_block(place: Place) -> None:
    ada, ada_too, bob = place.on_many("ada"), place.on_many("ada"), place.on_many("bob")
    place.ask(ada, "block", user=place.user("bob"))
    assert ada_too.receive("blocked") == {"with": place.user("bob"), "on": True}
    assert place.refused(bob, "private", to=place.user("ada"), message="?") == "blocked"
    place.ask(ada, "block", user=place.user("bob"), on=False)
    place.ask(bob, "private", to=place.user("ada"), message="!")


@row("stats", hears=("stats",))
def test_stats(place: Place) -> None:
    ada = place.inside("ada")
    assert place.ask(ada, "stats", "stats")[place.room] == {"online": 1}
    assert ada.receive("stats")[place.room] == {"online": 1}  # by itself, after STATS_SECONDS


@row("ping")
def test_ping(place: Place) -> None:
    place.ask(place.on_one("ada"), "ping", "pong")
    bare = place.on_many("ada")
    bare.socket.send("ping")
    while (frame := bare.socket.recv(20)) != "pong":
        assert isinstance(frame, bytes) is (place.wire == "msgpack")
