"""Events of the protocol's table that nobody asked for, on both carriers and in both formats, over real sockets."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from tests.system.crowd import Crowd
from tests.system.rows import FORMATS, Place, row
from tests.system.server import Server
from tests.system.tokens import token


@row(hears=("online", "offline"))
def test_online_and_offline(place: Place) -> None:
    ada, bob = place.inside("ada"), place.inside("bob")
    assert ada.receive("online") == {"user": place.user("bob"), "name": "Bob"}
    place.ask(bob, "leave", "left", room=place.room)
    assert ada.receive("offline") == {"user": place.user("bob"), "name": "Bob"}


@row(hears=("destroyed",))
def test_destroyed(place: Place) -> None:
    ada, bob = place.inside("ada"), place.on_one("bob")
    bob.join()
    bearer = {"Authorization": f"Bearer {place.token('root', admin=True)}"}
    place.ask(ada, "message", room=place.room, message="soon gone")
    status, _ = place.server.get(f"/api/rooms/{place.room.replace(' ', '%20')}", bearer, "DELETE")
    assert status == 204
    assert ada.receive("destroyed") == {"room": place.room}
    assert bob.receive("destroyed") == {"room": place.room}
    assert bob.close_code() == 4404


@row(hears=("replaced",))
def test_replaced(place: Place) -> None:
    url = place.server.socket_url(place.user("ada"), "devices", "?device=mobile")
    older = place.open(url, place.token("ada"))
    older.receive("hello")
    newer = place.open(url, place.token("ada"))
    newer.receive("hello")
    replaced = older.receive("replaced")
    assert replaced == {"device": "mobile", "message": "This connection has been overwritten with a new one"}
    assert older.close_code() == 4409


@row(hears=("expiring",))
def test_expiring(place: Place) -> None:
    ends = int(time.time()) + 20
    client = place.on_one("ada", exp=ends)
    assert client.receive("expiring") == {"at": ends * 1000}
    place.ask(client, "auth", "hello", token=place.token("ada"))


@row(hears=("error",))
def test_error(place: Place) -> None:
    ada = place.inside("ada")
    for type, data, code in (
        ("nonsense", {}, "unknown_type"),
        ("message", {"room": place.room, "message": 1}, "bad_message"),
        ("message", {"room": "elsewhere", "message": "?"}, "not_in_room"),
        ("message", {"room": place.room, "message": "x" * 4_001}, "bad_message"),
        ("edit", {"room": place.room, "id": "none", "message": "?"}, "message_not_found"),
    ):
        assert place.refused(ada, type, **data) == code
    ada.send("message", room="elsewhere", message="?", cid="c9")
    error = ada.receive("error")
    assert (error["cid"], error["room"]) == ("c9", "elsewhere")


@row(hears=("closing",))
def test_closing(row_server: Server) -> None:
    """The last of its carrier: everybody is told that the server goes, in their own format."""
    with ExitStack() as stack:
        clients = [Place(row_server, wire, stack).inside("ada") for wire in FORMATS]
        row_server.terminate()
        for client in clients:
            assert client.receive("closing")["reconnect_ms"] > 0
            assert client.close_code() == 1012
        assert row_server.wait() == 0
        row_server.start()


def test_who_stays_far_over_the_rate_is_closed_with_4429(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub", env={"ROOMS_RATE_LIMITS": "on"}) as server, Crowd() as crowd:
        flood = crowd.open(server.port, "/rooms/lobby/ws", token("ada", "lobby"))
        crowd.wait(lambda: flood.is_open)
        flood.send("join")
        deadline = time.monotonic() + 60
        while not flood.is_over:
            assert time.monotonic() < deadline
            for _ in range(20):
                flood.send("message", message="again")
            crowd.turn(0.05)
        assert flood.close_code == 4429
        assert flood.of("error")[-1]["code"] == "rate_limited"
