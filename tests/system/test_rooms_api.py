"""Chat rooms by REST over real sockets: made, joined by code, listed, ended, and what that does to sockets that are open."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.system.browser import error_of, signed_in
from tests.system.client import Client
from tests.system.deadline import until
from tests.system.packed import PackedClient
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


def made(by: Any, title: str = "A room") -> str:
    response = by.ask("POST", "/api/rooms", json={"title": title})
    assert response.status_code == 201, response.text
    room: str = response.json()["room"]
    return room


def many_rooms(server: Server, user: str, *rooms: str, connect: Callable[..., Client] = Client) -> Client:
    client = connect(f"ws://{server.host}/ws", token=token(user, *rooms))
    client.receive("hello")
    return client


def test_a_room_is_made_under_a_code_that_is_a_uuid_and_owned_by_its_maker(server: Server) -> None:
    ada = caller(server, "ada")
    response = ada.ask("POST", "/api/rooms", json={"title": " Engines "})
    assert (response.status_code, response.json()["title"]) == (201, "Engines")
    room = response.json()["room"]
    assert str(uuid.UUID(room)) == room
    found = ada.ask("GET", f"/api/rooms/{room}").json()
    assert (found["title"], found["role"], found["made"], found["online"], found["head"]) == ("Engines", "owner", True, 0, 0)
    assert room != made(ada)


@pytest.mark.parametrize("title", ["", " ", "x" * 129, "a\u202eb", "a\nb", 7, None])
def test_a_title_that_is_none_makes_no_room(server: Server, title: object) -> None:
    assert error_of(caller(server, "ada").ask("POST", "/api/rooms", json={"title": title})) == (400, "bad_message")


def test_the_same_key_makes_the_same_room_for_its_user_alone(server: Server) -> None:
    ada, bob = caller(server, "ada"), caller(server, "bob")
    key = {"Idempotency-Key": f"key-{server.port}"}
    first = ada.ask("POST", "/api/rooms", json={"title": "Once"}, headers=key)
    assert ada.ask("POST", "/api/rooms", json={"title": "Once"}, headers=key).json() == first.json()
    assert bob.ask("POST", "/api/rooms", json={"title": "Once"}, headers=key).json()["room"] != first.json()["room"]
    assert ada.ask("DELETE", f"/api/rooms/{first.json()['room']}").status_code == 204
    assert error_of(ada.ask("POST", "/api/rooms", json={"title": "Once"}, headers=key)) == (409, "conflict")
    assert error_of(ada.ask("POST", "/api/rooms", json={"title": "x"}, headers={"Idempotency-Key": "k" * 65})) == (400, "bad_message")


def test_a_room_that_was_made_lets_its_members_in_and_tokens_that_grant_it_and_nobody_else(server: Server) -> None:
    room = made(caller(server, "ada"))
    with Client(server.socket_url(room), token=token("ada")) as owner:
        assert owner.join()["role"] == "owner"
        with Client(server.socket_url(room), token=token("bob", room)) as granted:
            assert granted.join()["role"] == "member"
    with pytest.raises(Exception, match="403"):
        Client(server.socket_url(room), token=token("eve"))
    assert error_of(caller(server, "eve").ask("GET", f"/api/rooms/{room}")) == (403, "not_authorized")


def test_the_code_is_the_permission_and_counts_at_once_on_sockets_that_are_open(server: Server) -> None:
    room = made(caller(server, "ada"), "By code")
    bob = caller(server, "bob")
    with many_rooms(server, "bob") as socket:
        socket.send("join", room=room, ref=1)
        assert socket.receive("error")["code"] == "not_authorized"
        joined = bob.ask("POST", f"/api/rooms/{room}/join")
        assert (joined.status_code, joined.json()["title"], joined.json()["role"]) == (200, "By code", "member")
        socket.send("join", room=room, ref=2)
        assert socket.receive("joined")["title"] == "By code"
        socket.send("stats")
        assert socket.receive("stats")[room] == {"online": 1}
        assert bob.ask("POST", f"/api/rooms/{room}/join").status_code == 200
    assert [found["room"] for found in bob.ask("GET", "/api/rooms").json()["rooms"] if found["title"] == "By code"] == [room]
    with Client(server.socket_url(room), token=token("bob")) as again:
        assert room in again.receive("hello")["authorizedRooms"]
        again.join()


def test_a_socket_that_says_who_it_is_afterwards_enters_what_was_joined(server: Server) -> None:
    room = made(caller(server, "carol"))
    server_client = Client(server.socket_url(room))
    with server_client as socket:
        socket.send("auth", token=token("carol"))
        assert room in socket.receive("hello")["authorizedRooms"]
        socket.join()
        socket.send("auth", token=token("carol"), ref="refreshed")
        socket.receive("hello")
        assert socket.settled() == []


def test_what_was_joined_is_remembered_over_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub", env=ENV) as server:
        room = made(caller(server, "ada"))
        caller(server, "bob").ask("POST", f"/api/rooms/{room}/join")
        server.kill()
        server.start()
        with Client(f"ws://{server.host}/ws", token=token("bob")) as socket:
            assert room in socket.receive("hello")["authorizedRooms"]
            socket.send("join", room=room)
            socket.receive("joined")
        with Client(server.socket_url(room), token=token("ada")) as socket:
            socket.join()


@pytest.mark.parametrize("code", ["0d1b7c7e-1111-4222-8333-944444444444", "lobby", "no-code"])
def test_an_unknown_code_lets_nobody_in(server: Server, code: str) -> None:
    assert error_of(caller(server, "bob", "lobby").ask("POST", f"/api/rooms/{code}/join")) == (404, "not_found")


def test_who_leaves_is_put_out_and_needs_the_code_again(server: Server) -> None:
    room = made(caller(server, "ada"))
    bob = caller(server, "bob")
    assert error_of(bob.ask("DELETE", f"/api/rooms/{room}/join")) == (404, "not_found")
    bob.ask("POST", f"/api/rooms/{room}/join")
    with many_rooms(server, "bob") as many, Client(server.socket_url(room), token=token("bob")) as one:
        many.send("join", room=room)
        many.receive("joined")
        one.join()
        assert bob.ask("DELETE", f"/api/rooms/{room}/join").status_code == 204
        assert many.receive("left")["reason"] == "not_authorized"
        assert one.close_code() == 4403
        many.send("join", room=room, ref=1)
        assert many.receive("error")["code"] == "not_authorized"
    assert error_of(bob.ask("GET", f"/api/rooms/{room}")) == (403, "not_authorized")


def test_an_account_joins_by_code_too(server: Server) -> None:
    room = made(caller(server, "ada"))
    browser = signed_in(server, f"dora-{server.port}")
    with browser.socket() as socket:
        socket.receive("hello")
        assert error_of(browser.ask("POST", f"/api/rooms/{room}/join", csrf=None)) == (403, "not_authorized")
        assert error_of(browser.ask("POST", f"/api/rooms/{room}/join", headers={"origin": "https://evil.example"}))[0] == 403
        assert browser.ask("POST", f"/api/rooms/{room}/join").status_code == 200
    assert set(browser.ask("GET", "/api/me").json()["rooms"]) == {"lobby", room}
    with Client(server.socket_url(room), headers={"cookie": browser.cookie}) as socket:
        socket.join()


@pytest.mark.parametrize("connect", [Client, PackedClient])
def test_ending_a_room_tells_everybody_and_nothing_of_it_stays_or_comes_back(server: Server, connect: Callable[..., Client]) -> None:
    ada, bob = caller(server, "ada"), caller(server, "bob")
    room = made(ada)
    bob.ask("POST", f"/api/rooms/{room}/join")
    secret = f"the secret of {room}"
    ada.ask("POST", f"/api/rooms/{room}/messages", json={"message": secret})
    file = ada.ask("POST", f"/api/rooms/{room}/files", files={"file": ("a.txt", secret.encode())}).json()["id"]
    ada.ask("POST", f"/api/rooms/{room}/messages", json={"message": "", "files": [file]})
    with connect(server.socket_url(room), token=token("ada")) as one, many_rooms(server, "bob", "lobby", connect=connect) as many:
        one.join()
        for name in (room, "lobby"):
            many.send("join", room=name)
            many.receive("joined")
        assert error_of(bob.ask("DELETE", f"/api/rooms/{room}")) == (403, "not_authorized")

        assert ada.ask("DELETE", f"/api/rooms/{room}").status_code == 204

        assert one.receive("destroyed") == {"room": room}
        assert one.close_code() == 4404
        assert many.receive("destroyed") == {"room": room}
        many.send("message", room=room, message="still here?", ref=1)
        assert many.receive("error")["code"] == "not_in_room"
        many.send("join", room=room, ref=2)
        assert many.receive("error")["code"] == "not_found"
        many.send("message", room="lobby", message="the lobby stands", ref=3)
        many.receive("ack")
    for path in ("", "/messages", "/members", f"/files/{file}"):
        assert error_of(ada.ask("GET", f"/api/rooms/{room}{path}")) == (404, "not_found")
    assert error_of(ada.ask("POST", f"/api/rooms/{room}/join")) == (404, "not_found")
    assert error_of(ada.ask("DELETE", f"/api/rooms/{room}")) == (404, "not_found")
    with pytest.raises(Exception, match="404"):
        Client(server.socket_url(room), token=token("root", room, admin=True))
    assert room not in ada.ask("GET", "/api/rooms").text
    assert until(lambda: secret.encode() not in everything_on_disk(server), 60)


def everything_on_disk(server: Server) -> bytes:
    found = b""
    for path in sorted(server.data.rglob("*")):
        if path.suffix != ".sqlite3-shm":
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):  # files come and go while one looks
                found += path.read_bytes()
    return found


def test_an_ended_room_stays_gone_over_a_kill_and_an_end_that_was_begun_is_finished(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub", env=ENV) as server:
        ada = caller(server, "ada")
        room = made(ada)
        file = ada.ask("POST", f"/api/rooms/{room}/files", files={"file": ("a", b"a")}).json()["id"]
        ada.ask("POST", f"/api/rooms/{room}/messages", json={"message": "", "files": [file]})
        assert ada.ask("DELETE", f"/api/rooms/{room}").status_code == 204
        server.kill()
        server.start()
        assert error_of(ada.ask("GET", f"/api/rooms/{room}")) == (404, "not_found")
        assert until(lambda: not [path for path in (server.data / "files").rglob("*") if path.is_file()])
        with pytest.raises(Exception, match="404"):
            Client(server.socket_url(room), token=token("ada", room))


def test_a_room_of_a_token_that_an_admin_ends_begins_anew(server: Server) -> None:
    admin, ada = caller(server, "root", admin=True), caller(server, "ada", "plain")
    ada.ask("POST", "/api/rooms/plain/messages", json={"message": "old"})
    before = ada.ask("GET", "/api/rooms/plain").json()
    assert error_of(ada.ask("DELETE", "/api/rooms/plain")) == (403, "not_authorized")
    assert admin.ask("DELETE", "/api/rooms/plain").status_code == 204
    assert until(lambda: ada.ask("GET", "/api/rooms/plain").status_code == 200)
    after = ada.ask("GET", "/api/rooms/plain").json()
    assert (before["head"], after["head"], after["made"]) == (1, 0, False)
    assert after["epoch"] != before["epoch"]


def test_ones_rooms_are_listed_by_name_a_page_at_a_time(server: Server) -> None:
    user = f"lister-{server.port}"
    lister = caller(server, user, "b-room", "a-room", "team-*", "votes/x", "rooms/c-room")
    codes = {made(lister, f"title {n}") for n in range(3)}
    caller(server, "ada", "a-room").ask("POST", "/api/rooms/a-room/messages", json={"message": "news"})
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = lister.ask("GET", f"/api/rooms?limit=2&cursor={quote(cursor)}").json()
        assert len(page["rooms"]) <= 2
        found += page["rooms"]
        if page["cursor"] is None:
            break
        cursor = page["cursor"]
    names = [room["room"] for room in found]
    assert names == sorted({"a-room", "b-room", "c-room", *codes})
    a_room = found[names.index("a-room")]
    assert (a_room["unread"], a_room["head"], a_room["last"]["message"]) == (1, 1, "news")
    assert a_room["last_activity"] == a_room["last"]["time"]
    assert found[names.index("b-room")]["last_activity"] is None
    for query in ("limit=0", "limit=101", "limit=x"):
        assert error_of(lister.ask("GET", f"/api/rooms?{query}")) == (400, "bad_message")


def test_a_room_from_which_one_is_banned_says_so_in_the_list_and_by_itself(server: Server) -> None:
    owner, bob = caller(server, "ada"), caller(server, "bob")
    room = made(owner)
    bob.ask("POST", f"/api/rooms/{room}/join")
    with Client(server.socket_url(room), token=token("ada")) as socket:
        socket.join()
        socket.send("ban", user="bob", ref=1)
        socket.receive("ack")
    assert error_of(bob.ask("GET", f"/api/rooms/{room}")) == (403, "banned")
    assert error_of(bob.ask("POST", f"/api/rooms/{room}/join")) == (403, "banned")
    assert error_of(bob.ask("GET", f"/api/rooms/{room}/members")) == (403, "banned")
    [entry] = [found for found in bob.ask("GET", "/api/rooms").json()["rooms"] if found["room"] == room]
    assert entry["error"]["code"] == "banned"
    with Client(server.socket_url(room), token=token("bob")) as socket:
        socket.send("join")
        assert socket.close_code() == 4411


@pytest.mark.parametrize("name", ["a%2fb", "%2e%2e", "%ff", "*", "a%00", "a%252fb", "x" * 129])
def test_a_name_that_no_room_has_is_refused(server: Server, name: str) -> None:
    assert caller(server, "root", admin=True).raw("GET", f"/api/rooms/{name}/messages")[0] in (400, 404)


def test_a_room_of_any_name_can_be_reached(server: Server) -> None:
    for name in ("Übersicht", "100%", "a b?c#d", "名前"):
        ada = caller(server, "ada", name)
        path = f"/api/rooms/{quote(name, safe='')}"
        assert ada.ask("POST", f"{path}/messages", json={"message": name}).status_code == 201
        assert ada.ask("GET", path).json()["room"] == name


def test_every_failure_has_one_shape_and_nothing_is_cached(server: Server) -> None:
    ada = caller(server, "ada")
    for method, path in [("PATCH", "/api/rooms"), ("GET", "/api/nothing"), ("GET", "/api/rooms/lobby"), ("PUT", "/api/rooms/lobby")]:
        response = ada.ask(method, path)
        assert response.status_code in (403, 404, 405)
        assert set(response.json()["error"]) >= {"code", "message"}
    assert ada.ask("GET", "/api/rooms").headers["cache-control"] == "no-store"


RATES = {
    "ROOMS_RATE_LIMITS": "on",
    "ROOMS_RATE_MESSAGES": "0.1/3",
    "ROOMS_RATE_JOINS": "0.1/3",
    "ROOMS_RATE_ROOMS_MADE": "0.1/3",
    "ROOMS_RATE_SEARCHES": "0.1/3",
    "ROOMS_RATE_UPLOADS": "0.1/3",
    "ROOMS_RATE_REST": "0.1/20",
    "ROOMS_RATE_AVATARS": "0.1/3",
}


def test_rates_hold_by_rest_as_by_socket_and_are_settings(tmp_path: Path) -> None:
    with Server(tmp_path, env={**ENV, **RATES}) as server:
        ada, bob = caller(server, "ada", "lobby"), caller(server, "bob", "lobby")
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "/api/rooms/lobby/messages", {"json": {"message": "x"}}),
            ("POST", "/api/rooms/lobby/files", {"files": {"file": ("a", b"a")}}),
            ("POST", "/api/rooms", {"json": {"title": "x"}}),
            ("GET", "/api/users", {}),
            ("POST", "/api/rooms/0d1b7c7e-1111-4222-8333-944444444444/join", {}),
        ]
        for method, path, body in calls:
            statuses = [ada.ask(method, path, **body).status_code for _ in range(4)]
            assert (statuses[3], 429 in statuses[:3]) == (429, False), path
        refused = ada.ask("POST", "/api/rooms", json={"title": "x"})
        assert error_of(refused) == (429, "rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        with Client(server.socket_url("lobby"), token=ada.token) as socket:
            limits = socket.receive("hello")["limits"]
            assert (limits["messages_per_second"], limits["messages_burst"]) == (0.1, 3)
            socket.send("join")
            assert socket.receive("error")["code"] == "rate_limited"
        statuses = [bob.ask("GET", "/api/rooms/lobby").status_code for _ in range(21)]
        assert (statuses[0], statuses[-1]) == (200, 429)
        assert bob.ask("GET", "/api/me").status_code == 429
        assert bob.ask("POST", "/api/tickets").status_code == 429
        pictures = [bob.ask("PUT", "/api/me", files={"avatar": ("a", b"no picture")}).status_code for _ in range(4)]
        assert pictures == [400, 400, 400, 429]
        assert [Caller(server, None).ask("GET", "/api/users/ada/avatar").status_code for _ in range(4)] == [404, 404, 404, 429]


def test_the_description_of_every_call_has_an_example(server: Server) -> None:
    document = Caller(server, None).ask("GET", "/api/openapi.json").json()
    for path, item in document["paths"].items():
        if not re.match(r"/api/(rooms|users)", path):
            continue
        for method, operation in item.items():
            if method == "parameters":
                continue
            bodies = [operation.get("requestBody", {}), *(r for status, r in operation["responses"].items() if status.startswith("2"))]
            for body in bodies:
                described = body.get("content", {}).get("application/json")
                assert described is None or "example" in described, (path, method)
