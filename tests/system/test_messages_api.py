"""What is said and who is there, by REST over real sockets: the same as by socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.browser import error_of
from tests.system.client import Client
from tests.system.deadline import until
from tests.system.rest import Caller
from tests.system.server import CARRIERS, Server
from tests.system.tokens import token

ENV = {"ROOMS_DEFAULT_ROOMS": "lobby", "ROOMS_IDLE_SECONDS": "0.5"}


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("rooms"), carrier=request.param, env=ENV) as running:
        yield running


def caller(server: Server, user: str, *rooms: str, **claims: Any) -> Caller:
    return Caller(server, token(user, *rooms, **claims))


def many_rooms(server: Server, user: str, *rooms: str) -> Client:
    client = Client(f"ws://{server.host}/ws", token=token(user, *rooms))
    client.receive("hello")
    return client


def test_messages_are_read_as_a_socket_reads_them(server: Server) -> None:
    ada = caller(server, "ada", "readers")
    for n in range(5):
        ada.ask("POST", "/api/rooms/readers/messages", json={"message": f"m{n}"})
    with Client(server.socket_url("readers"), token=ada.token) as socket:
        socket.join()
        for query, asked in [
            ("", {}),
            ("?before=4&limit=2", {"before": 4, "limit": 2}),
            ("?after=2", {"after": 2}),
            ("?limit=0", {"limit": 0}),
        ]:
            socket.send("history", **asked)
            assert ada.ask("GET", f"/api/rooms/readers/messages{query}").json() == socket.receive("history")
    epoch = ada.ask("GET", "/api/rooms/readers").json()["epoch"]
    recovered = ada.ask("GET", f"/api/rooms/readers/messages?since=3&epoch={epoch}").json()
    assert (recovered["recovered"], [m["message"] for m in recovered["messages"]]) == (True, ["m3", "m4"])
    for query in ("before=x", "limit=101", "after=-1", "pinned=maybe"):
        assert error_of(ada.ask("GET", f"/api/rooms/readers/messages?{query}")) == (400, "bad_message")
    assert error_of(ada.ask("GET", "/api/rooms/readers/messages?thread=nothing")) == (404, "message_not_found")


def test_a_published_message_is_heard_once_however_often_it_is_sent(server: Server) -> None:
    ada = caller(server, "ada", "posts", name="Ada L.")
    with Client(server.socket_url("posts"), token=token("bob", "posts")) as bob:
        bob.join()
        key = {"Idempotency-Key": "k1"}
        answers = [ada.ask("POST", "/api/rooms/posts/messages", json={"message": "hi"}, headers=key) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {201}
        assert answers[0].json() == answers[1].json() == answers[2].json()
        message = bob.receive("message")
        assert (message["from"], message["name"], message["message"], message["cid"]) == ("ada", "Ada L.", "hi", "k1")
        assert answers[0].json() == {"id": message["id"], "seq": message["seq"], "room": "posts", "cid": "k1"}
        other = ada.ask("POST", "/api/rooms/posts/messages", json={"message": "another"}, headers=key)
        assert error_of(other) == (409, "conflict")
        two = ada.ask("POST", "/api/rooms/posts/messages", json={"message": "hi", "cid": "k2"}, headers=key)
        assert error_of(two) == (400, "bad_message")
        assert not [event for event in bob.settled() if event["type"] == "message"]


def test_an_admin_may_speak_for_somebody_and_nobody_else_may(server: Server) -> None:
    admin, ada = caller(server, "root", admin=True), caller(server, "ada", "spoken")
    body = {"message": "the build is green", "from": "ci", "name": "The build"}
    assert error_of(ada.ask("POST", "/api/rooms/spoken/messages", json=body)) == (403, "not_authorized")
    assert admin.ask("POST", "/api/rooms/spoken/messages", json=body).status_code == 201
    [message] = ada.ask("GET", "/api/rooms/spoken/messages").json()["messages"]
    assert (message["from"], message["name"]) == ("ci", "The build")
    for wrong in ({"from": "a/b"}, {"from": 7}, {"from": "ci", "name": ""}):
        assert error_of(admin.ask("POST", "/api/rooms/spoken/messages", json={"message": "x", **wrong})) == (400, "bad_message")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"message": 7}',
        b"{}",
        b'{"message": "a", "message": "b"}',
        b'{"message": "\xff"}',
        b'{"message": "\\ud800"}',
        b'{"message": "x", "meta": {"n": 1e999}}',
        b'{"message": "x", "meta": ' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}",
        b'{"message": "' + b"x" * 4_001 + b'"}',
        b'{"message": "x", "cid": ""}',
    ],
)
def test_a_body_that_is_no_message_is_refused(server: Server, body: bytes) -> None:
    ada = caller(server, "ada", "strict")
    headers = {"content-type": "application/json"}
    assert error_of(ada.ask("POST", "/api/rooms/strict/messages", content=body, headers=headers)) == (400, "bad_message")
    plain = ada.ask("POST", "/api/rooms/strict/messages", content=b'{"message": "x"}', headers={"content-type": "text/plain"})
    assert error_of(plain) == (400, "bad_message")


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    ada = caller(server, "ada", "strict")
    body = {"message": "x", "meta": {"a": "x" * 70_000}}
    assert error_of(ada.ask("POST", "/api/rooms/strict/messages", json=body)) == (413, "too_large")


def test_the_muted_are_silent_by_rest_too_and_members_are_listed(server: Server) -> None:
    ada, bob = caller(server, "ada", "quiet", moderates=["quiet"]), caller(server, "bob", "quiet")
    with Client(server.socket_url("quiet"), token=ada.token) as moderator, Client(server.socket_url("quiet"), token=bob.token) as other:
        moderator.join()
        other.join(meta={"status": "here"})
        moderator.send("mute", user="bob", seconds=60, ref=1)
        moderator.receive("ack")
        said = bob.ask("POST", "/api/rooms/quiet/messages", json={"message": "x"})
        assert error_of(said) == (403, "muted")
        members = bob.ask("GET", "/api/rooms/quiet/members").json()
        assert (members["online"], [user["user"] for user in members["users"]], members["more"]) == (2, ["ada", "bob"], False)
        [found] = bob.ask("GET", "/api/rooms/quiet/members?query=BO").json()["users"]
        assert (found["user"], found["meta"], found["connections"]) == ("bob", {"status": "here"}, 1)
        assert bob.ask("GET", "/api/rooms/quiet/members?limit=1").json()["more"] is True


def test_connected_users_are_found_by_name(server: Server) -> None:
    user = f"zoe-{server.port}"
    asking = caller(server, "ada")
    with Client(server.socket_url("lobby"), token=token(user, "lobby", name="Zoë Quick")), many_rooms(server, user, "lobby"):
        [found] = asking.ask("GET", f"/api/users?query={user.upper()}").json()["users"]
        assert (found["user"], found["connections"]) == (user, 2)
    assert until(lambda: asking.ask("GET", f"/api/users?query={user}").json() == {"users": [], "more": False})
    assert error_of(caller(server, "ada").ask("GET", "/api/users?limit=0")) == (400, "bad_message")
    assert error_of(Caller(server, None).ask("GET", "/api/users")) == (401, "not_authorized")
