"""Private messages over real sockets: to every `/ws` socket of both, kept for who is away, on both carriers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from tests.system.client import PATIENCE_SECONDS, Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("private"), carrier=carrier) as running:
        yield running


@pytest.fixture
def pair() -> tuple[str, str]:
    """Two users whom no other test has heard of."""
    number = next(_numbers)
    return f"ada{number}", f"bob{number}"


def enter(server: Server, user: str, *rooms: str) -> tuple[Client, dict[str, Any]]:
    """A `/ws` socket of the user, and its `hello`."""
    client = Client(f"ws://{server.host}/ws", token=token(user, *rooms, name=user.title()))
    return client, client.receive("hello")


def ask(client: Client, type: str, **data: Any) -> dict[str, Any]:
    """The answer to a request: the next event with its ref."""
    client.send(type, ref=f"{type}?", **data)
    passed = []
    while (event := client.next()).get("ref") != f"{type}?":
        passed.append(event)
    client._waiting.extendleft(reversed(passed))
    return event


def test_a_message_reaches_every_socket_of_both_and_nobody_else(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (two, _), (other, _), (carol, _) = enter(server, ada), enter(server, ada), enter(server, bob), enter(server, ada + "x")
    with one, two, other, carol:
        ack = ask(one, "private", to=bob, message="hello", cid="c1")
        assert ack["type"] == "ack"
        assert ack["data"] == {"id": ack["data"]["id"], "seq": 1, "with": bob, "cid": "c1"}
        for client in (one, two, other):
            said = client.receive("private")
            assert (said["from"], said["to"], said["message"], said["name"], said["seq"]) == (ada, bob, "hello", ada.title(), 1)
            assert said["id"] == ack["data"]["id"]
            assert "room" not in said
        carol.send("ping", ref=1)
        assert carol.next()["type"] == "pong"


def test_what_reached_nobody_comes_once_after_the_next_hello(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    seen, _ = enter(server, bob)  # so that there is such a user
    seen.socket.close()
    sender, _ = enter(server, ada)
    with sender:
        for number in range(3):
            ask(sender, "private", to=bob, message=f"message {number}")
        one, hello = enter(server, bob)
        with one:
            (entry,) = hello["conversations"]
            assert (entry["with"], entry["unread"], entry["head"], entry["last"]["message"]) == (ada, 3, 3, "message 2")
            assert [one.receive("private")["message"] for _ in range(3)] == ["message 0", "message 1", "message 2"]
        two, hello = enter(server, bob)
        with two:
            assert hello["conversations"][0]["unread"] == 3, "reached is not read"
            assert settled(two) == []


def test_the_conversation_lives_for_both_as_a_room_does(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (other, _) = enter(server, ada), enter(server, bob)
    with one, other:
        first = ask(one, "private", to=bob, message="frist", meta={"a": 1})["data"]
        assert ask(other, "private", to=ada, message="yes?", reply_to=first["id"])["type"] == "ack"
        for client, partner in ((one, bob), (other, ada)):
            assert [client.receive("private")["to"] for _ in range(2)] == [bob, ada]
            page = ask(client, "history", **{"with": partner})["data"]
            assert page["with"] == partner
            assert [message["message"] for message in page["messages"]] == ["frist", "yes?"]
            assert [message["to"] for message in page["messages"]] == [bob, ada]
            assert (page["head"], page["more"], page["reads"]) == (2, False, {})
            assert "room" not in str(page)
            thread = ask(client, "history", **{"with": partner}, thread=first["id"])["data"]
            assert len(thread["messages"]) == 2
        assert ask(one, "edit", **{"with": bob}, id=first["id"], message="first")["data"]["with"] == bob
        for client, partner in ((one, bob), (other, ada)):
            assert client.receive("edited") == {"with": partner, "id": first["id"], "seq": 3, "message": "first"}
        ask(other, "react", **{"with": ada}, id=first["id"], emoji="👍")
        for client, partner in ((one, bob), (other, ada)):
            assert client.receive("reacted") == {"with": partner, "id": first["id"], "seq": 4, "emoji": "👍", "users": [bob]}
        refused = ask(other, "delete", **{"with": ada}, id=first["id"])["data"]
        assert (refused["code"], refused["with"]) == ("not_authorized", ada)
        ask(one, "delete", **{"with": bob}, id=first["id"])
        for client, partner in ((one, bob), (other, ada)):
            assert client.receive("deleted") == {"with": partner, "id": first["id"], "seq": 5}
        since = ask(other, "history", **{"with": ada}, since=4, epoch=page["epoch"])["data"]
        assert [(message["id"], message["deleted"]) for message in since["messages"]] == [(first["id"], True)]


def test_typing_and_receipts_are_private_too(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (two, _), (other, _) = enter(server, ada), enter(server, ada), enter(server, bob)
    with one, two, other:
        ask(one, "private", to=bob, message="hello")
        other.receive("private")
        one.send("typing", **{"with": bob})
        assert other.receive("typing") == {"with": ada, "user": ada, "name": ada.title(), "typing": True}
        assert ask(other, "conversations")["data"]["list"][0]["unread"] == 1
        assert ask(other, "read", **{"with": ada}, seq=9)["data"] == {"seq": 1, "with": ada}
        for client, partner in ((one, bob), (two, bob), (other, ada)):
            assert client.receive("read") == {"with": partner, "user": bob, "seq": 1}
        assert ask(other, "conversations")["data"]["list"][0]["unread"] == 0
        assert ask(one, "history", **{"with": bob})["data"]["reads"] == {bob: 1}
        assert "typing" not in [event["type"] for event in settled(two)], "one's own typing is no news to oneself"


def test_a_block_holds_at_once_also_for_sockets_that_are_open(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (other, _), (other2, _) = enter(server, ada), enter(server, bob), enter(server, bob)
    with one, other, other2:
        said = ask(one, "private", to=bob, message="buy this")["data"]
        assert ask(other, "block", user=ada)["data"] == {"user": ada, "on": True, "with": ada}
        assert other2.receive("blocked") == {"with": ada, "on": True}
        for type, data in (
            ("private", {"to": bob, "message": "again", "cid": "c9"}),
            ("edit", {"with": bob, "id": said["id"], "message": "again"}),
            ("react", {"with": bob, "id": said["id"], "emoji": "👍"}),
        ):
            refused = ask(one, type, **data)
            assert (refused["type"], refused["data"]["code"], refused["data"]["with"]) == ("error", "blocked", bob)
        assert refused["data"].keys() == {"code", "message", "with"}
        one.send("typing", **{"with": bob})
        listed = ask(other, "conversations")["data"]
        assert (listed["list"][0]["blocked"], listed["blocked"]) == (True, [ada])
        assert ask(other, "private", to=ada, message="no")["type"] == "ack", "who blocks may speak"
        assert ask(other, "block", user=ada, on=False)["data"]["on"] is False
        assert ask(one, "private", to=bob, message="sorry")["type"] == "ack"
        assert [other.receive("private")["message"] for _ in range(3)] == ["buy this", "no", "sorry"]
        assert "typing" not in [event["type"] for event in settled(other)]
        assert ask(one, "block", user=ada)["data"]["code"] == "bad_message"


def test_only_users_who_exist_can_be_written_to(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    client, _ = enter(server, ada)
    with client:
        for to in (bob, "x/y", "", "a*"):
            refused = ask(client, "private", to=to, message="x", cid="c1")["data"]
            assert (refused["code"], refused["with"], refused["cid"]) == ("user_not_found", to, "c1")
        assert ask(client, "history", **{"with": bob})["data"]["code"] == "user_not_found"
        assert ask(client, "private", to=7, message="x")["data"]["code"] == "bad_message"
        assert ask(client, "private", message="x")["data"]["code"] == "bad_message"
        assert ask(client, "private", to=bob)["data"]["code"] == "bad_message"
        assert ask(client, "pin", **{"with": bob}, id="x")["data"]["code"] == "unknown_type"
        other, _ = enter(server, bob)
        other.socket.close()
        assert ask(client, "private", to=bob, message="x", cid="c1")["type"] == "ack", "a socket of theirs was admitted"
        status, _ = server.get(
            "/api/accounts",
            headers={"Content-Type": "application/json"},
            method="POST",
            body=json.dumps({"user": f"{bob}-away", "full_name": "Bob", "password": "long enough to be one"}).encode(),
        )
        assert status == 201
        assert ask(client, "private", to=f"{bob}-away", message="x")["type"] == "ack", "they have an account"


def test_the_same_cid_is_said_once(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (other, _) = enter(server, ada), enter(server, bob)
    with one, other:
        first = ask(one, "private", to=bob, message="once", cid="c1")["data"]
        assert ask(one, "private", to=bob, message="once", cid="c1")["data"] == first
        assert ask(one, "private", to=bob, message="twice", cid="c1")["data"]["code"] == "conflict"
        assert other.receive("private")["cid"] == "c1"
        assert settled(other) == []


def test_notes_to_oneself_are_a_conversation(server: Server, pair: tuple[str, str]) -> None:
    ada, _ = pair
    (one, _), (two, _) = enter(server, ada), enter(server, ada)
    with one, two:
        ask(one, "private", to=ada, message="milk")
        for client in (one, two):
            assert client.receive("private")["to"] == ada
            assert settled(client) == []
        (entry,) = ask(two, "conversations")["data"]["list"]
        assert (entry["with"], entry["unread"]) == (ada, 0)


def test_conversations_are_listed_the_latest_first_and_in_pages(server: Server, pair: tuple[str, str]) -> None:
    ada, _ = pair
    client, _ = enter(server, ada)
    others = [f"{ada}-{number}" for number in range(5)]
    with client:
        for other in others:
            enter(server, other)[0].socket.close()
            ask(client, "private", to=other, message=f"hello {other} " + "x" * 500)
        listed = ask(client, "conversations")["data"]
        while len(listed["list"]) < 5:  # each is told to the list a moment after its ack
            listed = ask(client, "conversations")["data"]
        assert [entry["with"] for entry in listed["list"]] == others[::-1]
        assert not listed["more"]
        assert len(listed["list"][0]["last"]["message"]) == 280
        page = ask(client, "conversations", limit=2)["data"]
        assert ([entry["with"] for entry in page["list"]], page["more"]) == (others[:2:-1], True)
        page = ask(client, "conversations", limit=3, after=page["list"][-1]["with"])["data"]
        assert ([entry["with"] for entry in page["list"]], page["more"]) == (others[2::-1], False)
        ask(client, "private", to=others[0], message="again")
        again, hello = enter(server, ada)
        while hello["conversations"][0]["last"]["message"] != "again":
            again.socket.close()
            again, hello = enter(server, ada)
        again.socket.close()
        assert [entry["with"] for entry in hello["conversations"]] == [others[0], *others[:0:-1]]


def test_a_reader_of_msgpack_and_one_of_json_write_to_each_other(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    packed = Packed(f"ws://{server.host}/ws", token=token(ada), subprotocols=["rooms.v1.msgpack"])
    assert packed.receive("hello")["conversations"] == []
    plain, _ = enter(server, bob)
    with packed, plain:
        assert ask(packed, "private", to=bob, message="grüße 👋")["type"] == "ack"
        assert plain.receive("private")["message"] == packed.receive("private")["message"] == "grüße 👋"
        ask(plain, "read", **{"with": ada}, seq=1)
        assert packed.receive("read") == {"with": bob, "user": bob, "seq": 1}
        assert ask(packed, "history", **{"with": bob})["data"]["messages"][0]["to"] == bob


def test_a_socket_of_one_room_has_no_private_messages(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (other, _), room = enter(server, bob), f"room-{ada}"
    with other, Client(server.socket_url(room), token=token(ada, room)) as one:
        one.join()
        assert ask(one, "private", to=bob, message="x")["data"]["code"] == "unknown_type"
        assert ask(one, "history", **{"with": bob})["data"]["code"] == "not_found"


def test_any_two_users_have_a_conversation_of_their_own(server: Server, pair: tuple[str, str]) -> None:
    """Names that would look alike when they are joined by something that is in them, and the longest there may be."""
    base, _ = pair
    ada = f"{base}a:b"
    others = [f"{base}c", f"b:{base}c", "~" + base, "Ж" * 100 + base, "%2e" + base]
    twins = [(ada, f"c{base}"), (f"{base}a", f"b:c{base}")]
    client, _ = enter(server, ada)
    with client:
        for other in others:
            enter(server, other)[0].socket.close()
            assert ask(client, "private", to=other, message=f"to {other}")["data"]["seq"] == 1
    for first, second in twins:
        enter(server, second)[0].socket.close()
        one, _ = enter(server, first)
        with one:
            assert ask(one, "private", to=second, message="x")["data"]["seq"] == 1


class Packed(Client):
    """Speaks msgpack."""

    def send(self, type: str, *, ref: str | int | None = None, **data: Any) -> None:
        self.socket.send(msgpack.packb({"type": type, "data": data, **({} if ref is None else {"ref": ref})}))

    def next(self) -> dict[str, Any]:
        if self._waiting:
            return self._waiting.popleft()
        received: dict[str, Any] = msgpack.unpackb(self.socket.recv(PATIENCE_SECONDS))
        return received


def settled(client: Client) -> list[dict[str, Any]]:
    """What came before the user's room answered a question asked now: what was on its way then does not count."""
    ask(client, "conversations")
    waiting = list(client._waiting)
    client._waiting.clear()
    return waiting
