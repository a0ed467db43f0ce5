"""Accounts, as browsers and scripts make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.browser import PASSWORD, ROOMS, Browser, error_of, signed_in
from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose accounts may enter the lobby."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("accounts"), carrier=carrier, env=ROOMS) as running:
        yield running


def test_an_account_is_created_once(server: Server) -> None:
    browser = Browser(server)
    created = browser.register("ada")
    assert (created.status_code, created.json()) == (201, {"user": "ada", "full_name": "Ada"})
    assert error_of(browser.register("ada")) == (409, "conflict")


@pytest.mark.parametrize("change", [
    {"user": "guest-ada"}, {"user": "a/b"}, {"user": "*"}, {"user": ""}, {"user": ".."}, {"user": "x" * 129}, {"user": "a\u202eb"},
    {"user": 7},
    {"full_name": ""}, {"full_name": " "}, {"full_name": "x" * 65}, {"full_name": "a\nb"}, {"full_name": None},
    {"password": "short"}, {"password": "x" * 1_001}, {"password": 12345678},
])  # fmt: skip
def test_what_is_no_account_is_refused(server: Server, change: dict[str, Any]) -> None:
    body = {"user": "nobody", "full_name": "Nobody", "password": PASSWORD, **change}
    assert error_of(Browser(server).ask("POST", "/api/accounts", json=body)) == (400, "bad_message")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 10_000, "application/json", 400),
        (b'{"user":"\\ud800","full_name":"x","password":"12345678"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"user":"eve","full_name":"Eve","password":"12345678"}', "text/plain", 400),
        (b'{"user":"' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_what_is_no_json_of_ours_is_refused(server: Server, body: bytes, media_type: str, status: int) -> None:
    response = Browser(server).ask("POST", "/api/accounts", content=body, headers={"content-type": media_type})
    assert error_of(response)[0] == status


def test_a_name_that_a_token_has_used_cannot_be_registered(server: Server) -> None:
    with Client(server.socket_url("lobby"), token=token("tokenuser", "lobby")) as client:
        client.receive("hello")
        bearer = {"authorization": f"Bearer {token('tokenuser')}"}
        assert Browser(server).ask("GET", "/api/me", headers=bearer).status_code == 200
        # the directory is told behind the admission: by the time a later user of it is told, so is this one
        for number in range(20):
            Browser(server).register(f"later-{number}")
            if error_of(Browser(server).register("tokenuser")) == (409, "conflict"):
                return
    raise AssertionError("registered")


def test_an_account_of_another_site_s_page_is_refused(server: Server) -> None:
    body = {"user": "forged", "full_name": "F", "password": PASSWORD}
    foreign = {"origin": "https://evil.example"}
    assert error_of(Browser(server).ask("POST", "/api/accounts", json=body, headers=foreign)) == (403, "not_authorized")
    assert error_of(Browser(server).ask("POST", "/api/sessions", json=body, headers=foreign)) == (403, "not_authorized")


def test_no_password_or_cookie_is_in_the_log_and_rooms_inside_have_no_address(server: Server) -> None:
    browser = signed_in(server, "secretive")
    browser.sign_in("secretive", "a wrong secret word")
    log = server.log()
    for secret in (PASSWORD, "a wrong secret word", browser.cookies["rooms_session"], browser.cookies["rooms_csrf"]):
        assert secret not in log
    for kind in ("users", "directory", "private"):
        assert browser.ask("GET", f"/{kind}/secretive/").status_code == 404
        with pytest.raises(Exception, match="404"):
            Client(server.socket_url("secretive", kind=kind), headers={"cookie": browser.cookie})
