"""Rooms that are governed, over real sockets: who may do what to whom, what everybody hears of it, and what stays over a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.system.client import Client
from tests.system.deadline import until
from tests.system.packed import PackedClient
from tests.system.rest import Caller
from tests.system.server import CARRIERS, Server
from tests.system.tokens import token

FORMATS: dict[str, Callable[..., Client]] = {"json": Client, "msgpack": PackedClient}


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {"ROOMS_IDLE_SECONDS": "0.5"}
    with Server(tmp_path_factory.mktemp("governing"), carrier=request.param, env=env) as running:
        yield running


@dataclass
class Site:
    """A room that olga made, and sockets of it in one format."""

    server: Server
    connect: Callable[..., Client]
    stack: ExitStack
    room: str = field(init=False)

    def __post_init__(self) -> None:
        self.olga = Caller(self.server, token("olga"))
        self.room = self.olga.ask("POST", "/api/rooms", json={"title": "Olga's"}).json()["room"]

    def outside(self, user: str, **claims: Any) -> Client:
        """A socket that has not joined."""
        shown = token(user, self.room, **claims)
        return self.stack.enter_context(self.connect(self.server.socket_url(self.room), token=shown))

    def inside(self, user: str, **claims: Any) -> Client:
        socket = self.outside(user, **claims)
        socket.join()
        return socket

    def many(self, user: str, *rooms: str) -> Client:
        """A socket of many rooms that is in these."""
        socket = self.stack.enter_context(self.connect(f"ws://{self.server.host}/ws", token=token(user, *rooms)))
        for room in rooms:
            socket.send("join", room=room)
            socket.receive("joined")
        return socket


@pytest.fixture(params=FORMATS)
def site(request: pytest.FixtureRequest, server: Server) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(server, FORMATS[request.param], stack)


def done(client: Client, type: str, **data: Any) -> dict[str, Any]:
    """The ``ack`` of a request."""
    client.send(type, ref=type, **data)
    while (received := client.next()).get("ref") != type:
        pass
    assert received["type"] == "ack", received
    facts: dict[str, Any] = received["data"]
    return facts


def refused(client: Client, type: str, **data: Any) -> str:
    """The code of the ``error`` that answers a request."""
    client.send(type, ref=type, **data)
    while (received := client.next()).get("ref") != type:
        pass
    assert received["type"] == "error", received
    code: str = received["data"]["code"]
    return code


def test_a_kicked_user_hears_why_and_may_come_back_after_a_while(site: Site) -> None:
    olga, ada = site.inside("olga"), site.inside("ada")
    ada_elsewhere = site.many("ada", site.room, "elsewhere")
    done(olga, "kick", user="ada", reason="enough", seconds=1)
    kicked = {"room": site.room, "by": "olga", "reason": "enough", "seconds": 1}
    assert ada.receive("kicked") == kicked
    assert ada.close_code() == 4410
    assert ada_elsewhere.receive("kicked") == kicked
    assert done(ada_elsewhere, "message", room="elsewhere", message="the other room stays")["seq"] >= 1
    assert olga.receive("left")["user"] == "ada"
    again = site.outside("ada")
    again.send("join")
    assert again.receive("error")["code"] == "banned"
    assert again.close_code() == 4410

    def back() -> bool:
        socket = site.outside("ada")
        socket.send("join", ref="back")
        return socket.next()["type"] == "hello" and socket.next()["type"] == "joined"

    assert until(back)


def test_a_banned_user_stays_out_until_unbanned(site: Site) -> None:
    olga, ada = site.inside("olga"), site.inside("ada")
    done(olga, "ban", user="ada")
    assert ada.receive("kicked")["seconds"] is None
    assert ada.close_code() == 4411
    done(olga, "ban", user="never-here")
    barred = site.outside("never-here")
    barred.send("join")
    assert barred.receive("error")["code"] == "banned"
    assert barred.close_code() == 4411
    done(olga, "unban", user="ada")
    site.inside("ada")


def test_a_banned_user_s_next_socket_is_closed_without_a_join(site: Site) -> None:
    olga, ada = site.inside("olga"), site.inside("ada")
    done(olga, "ban", user="ada")
    assert ada.close_code() == 4411
    again = site.outside("ada")
    assert again.close_code() == 4411
    assert again.receive("error")["code"] == "banned"
    done(olga, "unban", user="ada")
    site.inside("ada")
    assert done(olga, "message", message="welcome back")["seq"] == 1


def test_a_muted_user_is_silent_until_unmuted(site: Site) -> None:
    olga, ada = site.inside("olga"), site.inside("ada")
    done(olga, "mute", user="ada", seconds=600)
    ada.send("message", message="hm", cid="1", ref="m")
    error = ada.receive("error")
    assert (error["code"], error["cid"]) == ("muted", "1")
    assert 0 < error["retry_after_ms"] <= 600_000
    assert refused(ada, "event", name="wave", data=1) == "muted"
    ada.send("typing")
    done(olga, "unmute", user="ada")
    assert done(ada, "message", message="thanks")["seq"] == 1
    assert olga.receive("message")["message"] == "thanks"


def test_nobody_acts_against_an_equal_or_a_greater_role(site: Site) -> None:
    olga, mona, ada = site.inside("olga"), site.inside("mona"), site.inside("ada")
    root, mods = site.inside("root", admin=True), site.inside("mods", moderates=[site.room])
    for type in ("kick", "ban", "mute", "unban", "unmute"):
        assert refused(ada, type, user="mona") == "not_authorized"
    done(olga, "role", user="mona", role="moderator")
    for user in ("olga", "root", "mods", "mona"):
        assert refused(mona, "kick", user=user) == "not_authorized"
    assert refused(olga, "kick", user="root") == "not_authorized"
    assert refused(mona, "role", user="ada", role="moderator") == "not_authorized"
    assert refused(mona, "room", title="Mona's") == "not_authorized"
    done(mods, "mute", user="ada")
    done(root, "kick", user="mona")
    assert mona.close_code() == 4410
    assert refused(root, "kick", user="nobody-here") == "user_not_found"


def test_a_role_counts_at_once_and_is_told_to_all(site: Site) -> None:
    olga, mona, ada = site.inside("olga"), site.inside("mona"), site.inside("ada")
    assert refused(mona, "mute", user="ada") == "not_authorized"
    seq = done(olga, "role", user="mona", role="moderator")["seq"]
    told = ada.receive("room")
    assert (told["user"], told["role"], told["seq"]) == ("mona", "moderator", seq)
    done(mona, "mute", user="ada")
    done(olga, "role", user="mona", role="member")
    assert refused(mona, "unmute", user="ada") == "not_authorized"
    done(olga, "role", user="ada", role="moderator")
    assert done(ada, "message", message="a moderator is not held by one")["seq"]


def test_roles_and_bans_outlive_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server, ExitStack() as stack:
        site = Site(server, Client, stack)
        olga = site.inside("olga")
        done(olga, "role", user="mona", role="moderator")
        done(olga, "ban", user="ada")
        server.kill()
        server.start()
        assert site.outside("mona").join()["role"] == "moderator"
        assert site.outside("olga").join()["role"] == "owner"
        ada = site.outside("ada")
        ada.send("join")
        assert ada.close_code() == 4411


def test_a_room_is_renamed_for_everybody_and_for_who_comes_later(site: Site) -> None:
    olga, ada = site.inside("olga"), site.inside("ada")
    seq = done(olga, "room", title="Renamed", topic="what for", history_days=7)["seq"]
    told = {"room": site.room, "seq": seq, "title": "Renamed", "topic": "what for", "history_days": 7}
    assert ada.receive("room") == told
    joined = site.outside("bob").join()
    assert (joined["title"], joined["topic"], joined["head"]) == ("Renamed", "what for", seq)
    found = site.olga.ask("GET", f"/api/rooms/{site.room}").json()
    assert (found["title"], found["history_days"]) == ("Renamed", 7)
    assert refused(olga, "room", history_days=-1) == "bad_message"
    assert refused(ada, "room", topic="mine") == "not_authorized"


def test_what_a_token_moderates_ends_with_the_token(site: Site) -> None:
    mods = site.inside("mods", moderates=[site.room])
    done(mods, "mute", user="ada")
    mods.send("auth", token=token("mods", site.room), ref="fresh")
    mods.receive("hello")
    assert refused(mods, "unmute", user="ada") == "not_authorized"
    mods.send("auth", token=token("mods", "another"), ref="none")
    assert mods.close_code() == 4403


def test_history_is_kept_to_the_number_that_the_server_allows(tmp_path_factory: pytest.TempPathFactory) -> None:
    env = {"ROOMS_HISTORY_MESSAGES_MAX": "10", "ROOMS_IDLE_SECONDS": "0.5"}
    with Server(tmp_path_factory.mktemp("retention"), env=env) as server:
        ada = Caller(server, token("ada", "short"))
        for n in range(15):
            ada.ask("POST", "/api/rooms/short/messages", json={"message": f"m{n}"})
        file = ada.ask("POST", "/api/rooms/short/files", files={"file": ("a", b"a")}).json()["id"]

        def kept() -> list[str]:
            return [m["message"] for m in ada.ask("GET", "/api/rooms/short/messages").json()["messages"]]

        assert until(lambda: len(kept()) <= 10)
        assert kept()[-1] == "m14"
        ada.ask("POST", "/api/rooms/short/messages", json={"message": "with a file", "files": [file]})
        for n in range(15):
            ada.ask("POST", "/api/rooms/short/messages", json={"message": f"n{n}"})
        assert until(lambda: ada.ask("GET", f"/api/rooms/short/files/{file}").status_code == 404)
        assert until(lambda: not [path for path in (server.data / "files").rglob("*") if path.is_file()])


def test_what_holds_is_listed_for_moderators_over_a_restart(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        room = "strict"
        olga, bob = Caller(server, token("olga", room, moderates=[room])), Caller(server, token("bob", room))
        with Client(server.socket_url(room), token=olga.token) as socket:
            socket.join()
            done(socket, "mute", user="bob", reason="too loud")
            done(socket, "ban", user="eve", seconds=3600)
        server.kill()
        server.start()
        path = f"/api/rooms/{room}/sanctions"
        assert bob.ask("GET", path).status_code == 403
        assert Caller(server, None).ask("GET", path).status_code == 401
        assert olga.ask("GET", f"{path}?limit=0").status_code == 400
        page = olga.ask("GET", path).json()
        assert [(held["user"], held["what"], held["by"], held["reason"]) for held in page["sanctions"]] == [
            ("bob", "mute", "olga", "too loud"),
            ("eve", "ban", "olga", None),
        ]
        assert page["sanctions"][0]["until"] is None
        assert page["sanctions"][1]["until"].startswith("20")
