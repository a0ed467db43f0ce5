"""Who is let in, how a refusal reaches whom it concerns, and what happens when a token ends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.system.client import Client
from tests.system.server import CARRIERS, ROOT, SECRET, CarrierName, Server
from tests.system.tokens import token

AUTH_SECONDS = 1


@pytest.fixture(scope="module", params=CARRIERS)
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all cases: none of them changes it."""
    carrier: CarrierName = request.param
    folder: Path = tmp_path_factory.mktemp("door")
    with Server(folder, carrier=carrier, env={"ROOMS_AUTH_SECONDS": str(AUTH_SECONDS)}) as server:
        yield server


def of_ada(rooms: object = ("lobby",), **how: Any) -> str:
    """A token of ada for the lobby, unless told otherwise."""
    return token(how.pop("sub", "ada"), **{"rooms": list(rooms) if isinstance(rooms, tuple) else rooms, **how})


def signed(header: str, payload: str) -> str:
    """A token whose header and claims are these very characters."""

    def coded(piece: bytes) -> str:
        return base64.urlsafe_b64encode(piece).rstrip(b"=").decode()

    body = f"{coded(header.encode())}.{coded(payload.encode())}"
    return f"{body}.{coded(hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256))}"


FUTURE = int(time.time()) + 86_400
HEADER = '{"alg":"HS256","typ":"JWT"}'
INVALID = {
    "expired": of_ada(exp=int(time.time()) - 120),
    "another secret": of_ada(secret="x" * 40),
    "no expiry": of_ada(exp=None),
    "no subject": of_ada(sub=None),
    "empty subject": of_ada(sub=""),
    "subject with a line feed": of_ada(sub="ada\nbob"),
    "subject with a slash": of_ada(sub="a/b"),
    "reserved subject": of_ada(sub="guest-ada"),
    "not yet": of_ada(nbf=FUTURE),
    "issued in the future": of_ada(iat=FUTURE),
    "year thirty thousand": of_ada(exp=900_000_000_000),
    "another type": of_ada(headers={"typ": "at"}),
    "a refresh token": of_ada(token_use="refresh"),
    "another algorithm": of_ada(algorithm="HS512"),
    "no algorithm": signed('{"alg":"none","typ":"JWT"}', json.dumps({"sub": "ada", "rooms": ["lobby"], "exp": FUTURE})),
    "duplicate keys": signed(HEADER, f'{{"sub":"eve","sub":"ada","rooms":["lobby"],"exp":{FUTURE}}}'),
    "rooms is no list": of_ada(rooms="lobby"),
    "a word": "rubbish",
    "three dots": "a.b.c",
}
WITHOUT_GRANT = {
    "another room": of_ada(rooms=["kitchen"]),
    "no rooms": of_ada(rooms=[]),
    "rooms absent": of_ada(rooms=None),
    "another prefix": of_ada(rooms=["lob"]),
    "another kind": of_ada(rooms=["devices/lobby"]),
}
WITH_GRANT = {
    "the room": of_ada(),
    "a prefix": of_ada(rooms=["lob*"]),
    "everything": of_ada(rooms=["*"]),
    "an admin": of_ada(rooms=[], admin=True),
    "kind and name": of_ada(rooms=["rooms/lobby"]),
    "access token": of_ada(headers={"typ": "at+jwt"}, token_use="access"),
}


def refused(door: Server, **how: Any) -> tuple[int, str]:
    """The status and the code in the body of an upgrade that is refused by HTTP."""
    with pytest.raises(InvalidStatus) as caught:
        Client(door.socket_url("lobby"), **how)
    response = caught.value.response
    assert response.body is not None
    error = json.loads(response.body)["error"]
    assert set(error) >= {"code", "message"}
    return response.status_code, error["code"]


@pytest.mark.parametrize("why", WITH_GRANT)
def test_a_good_token_enters(door: Server, why: str) -> None:
    with Client(door.socket_url("lobby"), token=WITH_GRANT[why]) as client:
        assert client.receive("hello")["user"]["user"] == "ada"
        assert client.join()["room"] == "lobby"


@pytest.mark.parametrize("why", INVALID)
def test_an_invalid_token_in_a_header_is_401(door: Server, why: str) -> None:
    assert refused(door, token=INVALID[why])[0] == 401


@pytest.mark.parametrize("why", WITHOUT_GRANT)
def test_a_token_without_the_room_in_a_header_is_403(door: Server, why: str) -> None:
    assert refused(door, token=WITHOUT_GRANT[why]) == (403, "not_authorized")


@pytest.mark.parametrize("protocols", [["bearer.{}", "rooms.v1.json"], ["{}"]], ids=["beside another", "alone"])
def test_a_token_may_come_as_a_subprotocol(door: Server, protocols: list[str]) -> None:
    offered = [protocol.format(of_ada()) for protocol in protocols]
    with Client(door.socket_url("lobby"), subprotocols=offered) as client:
        assert client.socket.subprotocol == offered[-1]
        assert client.receive("hello")["user"]["user"] == "ada"


def test_the_clientid_header_carries_a_token(door: Server) -> None:
    with Client(door.socket_url("lobby"), headers={"clientid": of_ada()}) as client:
        assert client.receive("hello")["user"]["user"] == "ada"
    assert refused(door, headers={"clientid": INVALID["expired"]})[0] == 401


@pytest.mark.parametrize(("name", "code"), [("expired", 4401), ("another secret", 4401), ("another room", 4403), ("rooms absent", 4403)])
def test_a_refused_subprotocol_is_told_on_the_socket(door: Server, name: str, code: int) -> None:
    bad = {**INVALID, **WITHOUT_GRANT}[name]
    with Client(door.socket_url("lobby"), subprotocols=["rooms.v1.json", f"bearer.{bad}"]) as client:
        assert client.socket.subprotocol == "rooms.v1.json"
        assert client.close_code() == code
        assert client.next()["type"] == "error"


def test_a_token_in_the_query_is_refused(door: Server) -> None:
    with Client(door.socket_url("lobby", query=f"?token={of_ada()}")) as client:
        assert client.close_code() == 4401
        assert client.next()["type"] == "error"


def test_no_token_in_time_is_4408(door: Server) -> None:
    with Client(door.socket_url("lobby")) as client:
        assert client.close_code() == 4408


def test_the_first_message_may_bring_the_token(door: Server) -> None:
    with Client(door.socket_url("lobby")) as client:
        client.send("auth", token=of_ada())
        assert client.next()["type"] == "hello"
        assert client.join()["user"] == "ada"


@pytest.mark.parametrize(("name", "code"), [("expired", 4401), ("a word", 4401), ("another room", 4403)])
def test_a_bad_first_message_is_told_on_the_socket(door: Server, name: str, code: int) -> None:
    with Client(door.socket_url("lobby")) as client:
        client.send("auth", token={**INVALID, **WITHOUT_GRANT}[name])
        assert client.close_code() == code
        assert client.next()["type"] == "error"


def test_before_auth_nothing_is_served(door: Server) -> None:
    with Client(door.socket_url("lobby")) as client:
        client.send("join", ref=1)
        assert client.next()["type"] == "error"


def test_an_open_socket_is_warned_and_closed_when_its_token_ends(door: Server) -> None:
    with Client(door.socket_url("lobby"), token=of_ada(exp=int(time.time()) + 2)) as client:
        client.join()
        assert client.receive("expiring")["at"]
        assert client.close_code() == 4401


def test_a_fresh_token_of_the_same_user_keeps_the_socket(door: Server) -> None:
    with Client(door.socket_url("lobby"), token=of_ada(exp=int(time.time()) + 2)) as client:
        client.join()
        client.send("auth", token=of_ada(exp=int(time.time()) + 5), ref="fresh")
        assert client.envelope("hello")["type"] == "hello"
        assert client.envelope("hello")["ref"] == "fresh"
        client.send("auth", token=of_ada(sub="eve"), ref="eve")
        assert client.envelope("error")["data"]["code"] == "not_authorized"
        assert client.close_code() == 4401  # of the second token: the first would have ended before the refusal could be asked


def test_a_refresh_without_the_room_closes_a_one_room_socket(door: Server) -> None:
    with Client(door.socket_url("lobby"), token=of_ada()) as client:
        client.join()
        client.send("auth", token=of_ada(rooms=["kitchen"]))
        assert client.close_code() == 4403
        assert client.receive("left")["reason"] == "not_authorized"


def test_a_bad_refresh_leaves_the_old_token_standing(door: Server) -> None:
    with Client(door.socket_url("lobby"), token=of_ada()) as client:
        client.join()
        client.send("auth", token=INVALID["expired"], ref=1)
        assert client.envelope("error")["ref"] == 1
        assert client.say("still here")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_a_foreign_origin_is_refused(door: Server, origin: str) -> None:
    assert refused(door, token=of_ada(), origin=origin)[0] == 403


def test_no_token_appears_in_the_log(door: Server) -> None:
    for bad in (INVALID["expired"], WITHOUT_GRANT["another room"]):
        refused(door, token=bad)
        assert bad not in door.log()
        assert bad.rsplit(".", 1)[1] not in door.log()


def test_the_previous_secret_is_accepted_during_rotation(tmp_path: Path) -> None:
    previous = "the secret before, thirty-two bytes or more"
    with Server(tmp_path, env={"ROOMS_JWT_SECRET_PREVIOUS": previous}) as server:
        for secret in (SECRET, previous):
            with Client(server.socket_url("lobby"), token=of_ada(secret=secret)) as client:
                assert client.join()["user"] == "ada"


def test_without_a_secret_the_server_says_what_is_missing(tmp_path: Path) -> None:
    server = Server(tmp_path)
    environment = {name: value for name, value in server.environment().items() if name != "ROOMS_JWT_SECRET"}
    done = subprocess.run(server.command("serve"), env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "jwt_secret" in done.stderr.lower()


def test_a_guest_enters_only_where_guests_are_let_in(tmp_path: Path) -> None:
    with Server(tmp_path, dev=True) as server:
        with Client(server.socket_url("anywhere")) as client:
            assert client.receive("hello")["user"]["user"].startswith("guest-")
            assert client.join(name="Somebody")["name"] == "Somebody"
