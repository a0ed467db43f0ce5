"""Tokens and users that no longer count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.system.browser import ROOMS, Browser, closed_with, error_of, signed_in
from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose accounts may enter the lobby."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("accounts"), carrier=carrier, env=ROOMS) as running:
        yield running


def admin(server: Server, **revoked: Any) -> httpx2.Response:
    bearer = {"authorization": f"Bearer {token('root', admin=True)}"}
    return Browser(server).ask("POST", "/api/admin/revoke", headers=bearer, json=revoked)


def test_a_revoked_token_closes_its_sockets_and_stays_revoked_after_kill_9(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier, env=ROOMS) as server:
        bad, good = token("mallory", "lobby", jti="7"), token("mallory", "lobby", jti="8")
        browser = Browser(server)
        browser.ask("POST", "/api/sessions", json={"token": bad})
        with Client(server.socket_url("lobby"), token=bad) as first, Client(server.socket_url("lobby"), token=good) as second:
            first.join()
            second.join()
            assert admin(server, jti="7").json() == {"closed": 1}
            assert closed_with(first) == 4401
            second.say("still here")
        for _ in range(2):
            with pytest.raises(Exception, match="401"):
                Client(server.socket_url("lobby"), token=bad)
            assert browser.ask("GET", "/api/me").status_code == 401
            with Client(server.socket_url("lobby"), token=good) as socket:
                socket.receive("hello")
            with Client(server.socket_url("lobby")) as socket:
                socket.send("auth", token=bad)
                assert closed_with(socket) == 4401
            server.kill()
            server.start()


def test_a_revoked_user_begins_anew(tmp_path: Path) -> None:
    with Server(tmp_path, env=ROOMS) as server:
        browser = signed_in(server, "anew")
        now = int(time.time())
        old, undated = token("anew", "lobby", iat=now - 5), token("anew", "lobby")
        with browser.socket() as one, Client(server.socket_url("lobby"), token=old) as two:
            one.receive("hello")
            two.receive("hello")
            assert admin(server, user="anew").json() == {"closed": 2}
            assert (closed_with(one), closed_with(two)) == (4401, 4401)
        server.kill()
        server.start()
        for refused in (old, undated):
            with pytest.raises(Exception, match="401"):
                Client(server.socket_url("lobby"), token=refused)
        assert browser.ask("GET", "/api/me").status_code == 401
        with Client(server.socket_url("lobby"), token=token("anew", "lobby", iat=now + 5)) as socket:
            socket.receive("hello")
        assert browser.sign_in("anew").status_code == 201
        assert browser.ask("GET", "/api/me").status_code == 200


def test_only_admins_revoke(server: Server) -> None:
    for headers in ({}, {"authorization": f"Bearer {token('ada', '*', moderates=['*'])}"}):
        response = Browser(server).ask("POST", "/api/admin/revoke", headers=headers, json={"user": "root"})
        assert error_of(response)[0] == (403 if headers else 401)
    for wrong in ({}, {"user": "a", "jti": "b"}, {"user": "a/b"}, {"jti": ""}, {"jti": 7}, {"jti": "x", "until": -1}):
        assert error_of(admin(server, **wrong)) == (400, "bad_message")
