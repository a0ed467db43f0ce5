"""The admins' interface on a running server: what it shows, what it does, and to whom."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gateway.api.admin import ADMIN_PATHS
from tests.system.client import PATIENCE_SECONDS, Client
from tests.system.server import Server
from tests.system.tokens import token

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server; its rooms hibernate after half a second."""
    env = {"ROOMS_IDLE_SECONDS": "0.5"}
    arguments = ["--kind", "probes=tests.system.kinds:Probe"]
    with Server(tmp_path_factory.mktemp("admin"), carrier="hub", env=env, arguments=arguments) as running:
        yield running


class Admin:
    """Somebody who asks, by default with an admin's token."""

    def __init__(self, server: Server, bearer: str | None = "") -> None:
        self._server = server
        shown = token("root", admin=True) if bearer == "" else bearer
        self._headers = {} if shown is None else {"authorization": f"Bearer {shown}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        status, answer = self._server.get(path, {**self._headers, **JSON}, method, None if body is None else json.dumps(body).encode())
        return status, json.loads(answer) if answer[:1] in (b"{", b"[") else None

    def get(self, path: str) -> Any:
        status, answer = self.ask("GET", f"/api/admin{path}")
        assert status == 200, answer
        return answer

    def room(self, name: str, kind: str = "rooms") -> Any:
        return self.get(f"/rooms/{kind}/{quote(name, safe='')}")

    def every(self, path: str, key: str) -> list[Any]:
        """All pages of a list."""
        found, cursor = [], ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}")
            found += page[key]
            if page["cursor"] is None:
                return found
            cursor = f"&cursor={page['cursor']}"


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline


def asleep(admin: Admin, name: str) -> None:
    """Wait until the room hibernates."""
    until(lambda: admin.room(name)["state"] == "hibernating")


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("x", 401), (token("eve", "*", moderates=["*"]), 403)])
def test_nobody_else_sees_or_does_anything(server: Server, who: str | None, status: int) -> None:
    stranger = Admin(server, who)
    for path, item in ADMIN_PATHS.items():
        for method in item.keys() - {"parameters"}:
            address = path.format(kind="rooms", name="lobby", user="ada")
            asked, answer = stranger.ask(method.upper(), address, {} if method in ("post", "delete") else None)
            assert asked == status, (method, path)
            assert answer is None or answer["error"]["code"] == "not_authorized", (method, path)
    assert stranger.ask("POST", "/api/admin/revoke", {"user": "root"})[0] == status


def test_the_page_is_for_admins_and_says_so_to_others(server: Server) -> None:
    for who, status in ((None, 401), (token("eve", "*"), 403), (token("root", admin=True), 200)):
        headers = {} if who is None else {"authorization": f"Bearer {who}"}
        found, page = server.get("/admin", headers)
        assert found == status
        assert b"<!doctype html>" in page[:20]
        assert b"root" not in page


def test_a_cookie_alone_changes_nothing(server: Server, admin: Admin) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/api/sessions", json.dumps({"token": token("root", admin=True)}), JSON)
    response = connection.getresponse()
    body = json.loads(response.read())
    cookie = "; ".join(value.partition(";")[0] for name, value in response.getheaders() if name.lower() == "set-cookie")
    for proof, status in (({}, 403), ({"x-xsrf-token": "x"}, 403), ({"x-xsrf-token": body["rooms_csrf"]}, 200)):
        connection.request("POST", "/api/admin/disconnect", '{"user": "nobody"}', {**JSON, "cookie": cookie, **proof})
        answered = connection.getresponse()
        answered.read()
        assert answered.status == status
    connection.request("GET", "/api/admin/rooms", headers={"cookie": cookie})
    assert connection.getresponse().status == 200
    connection.close()


def test_rooms_are_listed_wherever_they_are(server: Server, admin: Admin) -> None:
    with (
        Client(server.socket_url("list-a"), token=token("ada", "*")) as ada,
        Client(server.socket_url("list-b"), token=token("ada", "*")) as b,
    ):
        ada.join()
        ada.say("hello")
        b.join()
        found = {room["name"]: room for room in admin.every("/rooms?kind=rooms&query=LIST-", "rooms")}
        assert list(found) == ["list-a", "list-b"]
        assert (found["list-a"]["sockets"], found["list-a"]["online"]) == (1, 1)
        until(lambda: admin.room("list-a")["size_bytes"] > 0)
        asleep(admin, "list-a")
        assert [room["name"] for room in admin.every("/rooms?state=hibernating&query=list-a", "rooms")] == ["list-a"]
    until(lambda: [room["name"] for room in admin.every("/rooms?state=asleep&query=list-", "rooms")] == ["list-a"])
    assert admin.ask("GET", "/api/admin/rooms?state=lost")[0] == 400


def test_looking_wakes_no_room(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("quiet"), token=token("ada", "quiet")) as ada:
        session = ada.receive("hello")["session"]
        ada.join(name="Ada")
        ada.say("one")
        asleep(admin, "quiet")
        before = server.metric("rooms_rehydrations_total")
        detail = admin.room("quiet")
        assert (detail["tables"]["messages"], detail["has_history"], detail["journaled"]) == (1, True, 0)
        assert admin.get("/rooms/rooms/quiet/messages")["messages"][0]["body"] == "one"
        assert admin.get("/rooms/rooms/quiet/keys") == {"keys": [], "cursor": None}
        (connection,) = admin.get("/rooms/rooms/quiet/connections")["connections"]
        assert connection["user"] == "ada"
        assert connection["attachment"]
        assert connection["session"] == session
        assert admin.get("/rooms/rooms/quiet/figures")["seconds"] == []
        assert [each["rooms"] for each in admin.get("/connections?user=ada")["connections"]] == [["quiet"]]
        assert admin.get("/users/ada")["sockets"] == 1
        assert admin.room("quiet")["state"] == "hibernating"
        assert server.metric("rooms_rehydrations_total") == before


def test_history_is_read_in_pages_from_the_newest(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("pages"), token=token("ada", "pages")) as ada:
        ada.join()
        for n in range(7):
            ada.say(f"line {n}")
        first = admin.get("/rooms/rooms/pages/messages?limit=3")
        second = admin.get(f"/rooms/rooms/pages/messages?limit=3&cursor={first['cursor']}")
        assert [row["body"] for row in first["messages"]] == ["line 4", "line 5", "line 6"]
        assert [row["body"] for row in second["messages"]] == ["line 1", "line 2", "line 3"]
        assert len(admin.every("/rooms/rooms/pages/messages", "messages")) == 7


def test_keys_attachments_and_alarm_of_any_kind_are_shown(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("kept", "probes"), token=token("ada", "probes/kept")) as ada:
        ada.socket.send("write")
        assert ada.socket.recv(PATIENCE_SECONDS) == "said"
        assert admin.get("/rooms/probes/kept/keys")["keys"] == [{"key": "k", "value": "written", "size_bytes": 8}]
        assert admin.get("/rooms/probes/kept/connections")["connections"][0]["attachment"] == {"from": "message"}
        assert admin.room("kept", "probes")["alarm"]["at_ms"] > time.time() * 1_000
        assert admin.ask("GET", "/api/admin/rooms/probes/kept/messages")[0] == 404


def test_a_private_conversation_is_found_by_its_name_with_a_slash(server: Server, admin: Admin) -> None:
    with Client(f"ws://{server.host}/ws", token=token("pia")) as pia, Client(f"ws://{server.host}/ws", token=token("quin")) as quin:
        quin.receive("hello")
        pia.send("private", to="quin", message="between us", ref="said")
        pia.receive("ack")
        assert admin.room("pia/quin", "private")["has_history"]
        path = "/rooms/private/pia%2Fquin"
        assert [row["body"] for row in admin.get(f"{path}/messages")["messages"]] == ["between us"]
        assert admin.get(f"{path}/connections")["connections"][0]["user"] == "pia"
        assert admin.get(f"{path}/keys")["cursor"] is None
        assert admin.get(f"{path}/figures")["state"] == "awake"
    assert admin.ask("GET", "/api/admin/rooms/private/pia/quin")[0] == 404


def test_hashes_of_passwords_are_not_shown(server: Server, admin: Admin) -> None:
    account = {"user": "pat", "full_name": "Pat", "password": "correct horse battery"}
    assert server.get("/api/accounts", JSON, "POST", json.dumps(account).encode())[0] == 201
    shown = {entry["key"]: entry["value"] for entry in admin.get("/rooms/users/pat/keys")["keys"]}
    assert shown["account"] == {"$hidden": "not to be looked at"}
    assert "argon2" not in json.dumps(shown)


def test_a_room_that_is_looked_at_is_measured(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("live"), token=token("ada", "live")) as ada:
        ada.join()
        assert admin.get("/rooms/rooms/live/figures")["seconds"] == []
        for n in range(5):
            ada.say(str(n))
        figures = admin.get("/rooms/rooms/live/figures")
        assert sum(second["turns"] for second in figures["seconds"]) == 5
        assert all(0 < second["p50_seconds"] <= second["p99_seconds"] for second in figures["seconds"])
        assert abs(figures["now_ms"] - figures["seconds"][-1]["at_ms"]) < 20_000


def test_hibernating_keeps_the_sockets(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("nap"), token=token("ada", "nap")) as ada:
        ada.join()

        def sleeps() -> bool:  # right after a turn the room may still be busy
            ada.say("awake")
            return admin.ask("POST", "/api/admin/rooms/rooms/nap/hibernate") == (200, {"hibernated": True})

        until(sleeps)
        assert admin.room("nap")["state"] == "hibernating"
        assert admin.ask("POST", "/api/admin/rooms/rooms/nap/hibernate")[0] == 409
        ada.say("and on")


@pytest.mark.parametrize(("body", "code"), [({}, 4403), ({"reconnect": True}, 1012)])
def test_a_user_or_a_socket_is_disconnected(server: Server, admin: Admin, body: dict[str, Any], code: int) -> None:
    with (
        Client(server.socket_url("out"), token=token("bob", "out")) as one,
        Client(server.socket_url("out"), token=token("bob", "out")) as two,
        Client(server.socket_url("out"), token=token("cat", "out")) as other,
    ):
        session = one.receive("hello")["session"]
        assert admin.ask("POST", "/api/admin/disconnect", {"session": session, **body}) == (200, {"closed": 1})
        assert one.close_code() == code
        assert admin.ask("POST", "/api/admin/disconnect", {"user": "bob", **body}) == (200, {"closed": 1})
        assert two.close_code() == code
        other.join()
        assert admin.ask("POST", "/api/admin/rooms/rooms/out/disconnect", {}) == (200, {"closed": 1})
        assert other.close_code() == 4403
    for wrong in ({}, {"user": "a", "session": "b"}, {"user": 1}, {"user": "a", "reason": "x" * 500}):
        assert admin.ask("POST", "/api/admin/disconnect", wrong)[0] == 400


def test_a_failing_room_is_shown_as_quarantined(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("failing", "probes"), token=token("ada", "probes/failing")) as ada:
        for _ in range(5):
            ada.socket.send("raise")
        until(lambda: admin.get("/server")["rooms"]["quarantined"] == 1)
        (room,) = admin.every("/rooms?state=quarantined", "rooms")
        assert (room["kind"], room["name"], room["state"]) == ("probes", "failing", "quarantined")
        assert room["quarantined_until_ms"] > time.time() * 1_000
        assert admin.ask("POST", "/api/admin/rooms/probes/failing/hibernate")[0] == 409


def test_a_damaged_room_is_shown_with_what_is_wrong(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server:
        with Client(server.socket_url("torn"), token=token("ada", "torn")) as ada:
            ada.join()
            ada.say("hello")
        assert server.stop() == 0
        for file in (server.data / "rooms" / "rooms").rglob("torn.sqlite3*"):
            file.write_bytes(b"no database " * 1_000) if file.suffix == ".sqlite3" else file.unlink()
        server.start()
        admin = Admin(server)
        with Client(server.socket_url("torn"), token=token("ada", "torn")) as ada:
            ada.send("join")
            assert ada.close_code() == 1011
        until(lambda: admin.room("torn")["state"] == "set_aside")
        (room,) = admin.every("/rooms?state=set_aside", "rooms")
        assert room["reason"]
        assert admin.room("torn")["epoch"] is None
        assert admin.ask("GET", "/api/admin/rooms/rooms/torn/messages")[0] == 503
        assert admin.ask("DELETE", "/api/admin/rooms/rooms/torn")[0] == 503


@pytest.mark.parametrize("kind", ["rooms", "probes"])
def test_a_destroyed_room_is_gone_from_everywhere(server: Server, admin: Admin, kind: str) -> None:
    with Client(server.socket_url("doomed", kind), token=token("ada", "doomed", "probes/doomed")) as ada:
        if kind == "rooms":
            ada.join()
            ada.say("remember me")
        else:
            ada.socket.send("write")
            assert ada.socket.recv(PATIENCE_SECONDS) == "said"
        assert admin.ask("DELETE", f"/api/admin/rooms/{kind}/doomed")[0] == 204
        assert ada.close_code() == 4404
    assert admin.ask("GET", f"/api/admin/rooms/{kind}/doomed")[0] == 404
    assert admin.every("/rooms?query=doomed", "rooms") == []
    assert admin.ask("DELETE", f"/api/admin/rooms/{kind}/doomed")[0] == 404
    until(lambda: not list((server.data / "rooms" / kind).rglob("doomed.*")))


def test_the_servers_own_books_are_not_destroyed(admin: Admin) -> None:
    assert admin.ask("DELETE", "/api/admin/rooms/directory/server")[0] == 409
    assert admin.get("/rooms/directory/server")["keys"] is not None


def test_users_and_sockets_are_found(server: Server, admin: Admin) -> None:
    with Client(server.socket_url("found"), token=token("zoe", "found", name="Zoe Z.")) as zoe, Client(f"ws://{server.host}/ws") as nobody:
        zoe.join()
        until(lambda: bool(admin.get("/users?query=ZOE")["users"]))
        (user,) = admin.every("/users?query=zoe", "users")
        assert (user["user"], user["has_account"], user["sockets"]) == ("zoe", False, 1)
        sockets = admin.every("/connections", "connections")
        assert [each["session"] for each in sockets] == sorted(each["session"] for each in sockets)
        assert None in [each["user"] for each in sockets]
        assert admin.ask("GET", "/api/admin/users/nobody-of-that-name")[0] == 404
        nobody.socket.close()


def test_the_server_tells_of_itself_and_its_disk(server: Server, admin: Admin) -> None:
    told = admin.get("/server")
    assert told["stage"] == "serving"
    assert told["connections"] == server.metric("rooms_connections")
    assert told["journal_records"] == server.metric("rooms_journal_records_total")
    assert told["turn_seconds"]["count"] >= sum(told["turns"]["rooms"].values())
    disk = admin.get("/disk")
    assert disk["journal_bytes"] > 0
    assert disk["rooms"] == len(list((server.data / "rooms").rglob("*.sqlite3")))


def test_draining_ends_the_server_as_a_signal_does(tmp_path: Path) -> None:
    with (
        Server(tmp_path, carrier="hub") as server,
        Client(server.socket_url("last"), token=token("ada", "last")) as ada,
        Client(server.socket_url("ada", "devices", "?device=mobile"), token=token("ada")) as mobile,
    ):
        ada.join()
        assert Admin(server).ask("POST", "/api/admin/drain") == (202, {"draining": True})
        for socket in (ada, mobile):
            assert socket.receive("closing")["reconnect_ms"] > 0
            assert socket.close_code() == 1012
        assert server.wait() == 0
