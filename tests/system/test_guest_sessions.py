"""A guest with a cookie (``--dev``), and how a page learns what to offer before anybody is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.browser import Browser, closed_with, error_of
from tests.system.client import Client
from tests.system.server import Server

GUEST = {"guest": {"name": "Ada", "key": "a random string"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("dev"), dev=True) as server:
        yield server


def test_a_page_is_told_how_one_may_come_in(server: Server) -> None:
    browser = Browser(server)
    assert browser.ask("GET", "/api/sessions").json() == {"signed_in": False, "accounts": True, "guests": True}

    browser.ask("POST", "/api/sessions", json=GUEST)

    assert browser.ask("GET", "/api/sessions").json()["signed_in"] is True
    strange = browser.ask("GET", "/api/sessions", headers={"origin": "https://evil.example"})
    assert error_of(strange) == (403, "not_authorized")


def test_a_cookie_that_stands_for_nobody_is_no_fault(server: Server) -> None:
    browser = Browser(server, {"rooms_session": "no.session.atall"})
    assert browser.ask("GET", "/api/sessions").json()["signed_in"] is False


def test_a_guest_with_a_cookie_is_the_guest_of_that_key_on_sockets_and_over_http(server: Server) -> None:
    browser = Browser(server)
    answer = browser.ask("POST", "/api/sessions", json=GUEST)
    assert answer.status_code == 201
    user = answer.json()["user"]
    assert user.startswith("guest-")
    assert answer.json()["full_name"] == "Ada"

    assert browser.ask("GET", "/api/me").json()["user"] == user
    with browser.socket() as socket:
        assert socket.receive("hello")["user"]["user"] == user
    with Client(server.socket_url("lobby")) as other:
        other.receive("hello")
        other.send("auth", **GUEST["guest"])
        assert other.receive("hello")["user"]["user"] == user


def test_a_guest_who_signs_out_is_out(server: Server) -> None:
    browser = Browser(server)
    browser.ask("POST", "/api/sessions", json=GUEST)
    with browser.socket() as socket:
        assert browser.ask("DELETE", "/api/sessions").status_code == 204
        assert closed_with(socket) == 4401


def test_a_guest_who_was_revoked_may_come_in_anew(server: Server) -> None:
    browser = Browser(server)
    user = browser.ask("POST", "/api/sessions", json=GUEST).json()["user"]
    bearer = {"authorization": f"Bearer {server.token('root', arguments=['--admin'])}"}
    with browser.socket() as socket:
        assert Browser(server).ask("POST", "/api/admin/revoke", headers=bearer, json={"user": user}).status_code == 200
        assert closed_with(socket) == 4401
    assert browser.ask("GET", "/api/me").status_code == 401

    assert browser.ask("POST", "/api/sessions", json=GUEST).json()["user"] == user

    assert browser.ask("GET", "/api/me").status_code == 200
    with browser.socket() as socket:
        assert socket.receive("hello")["user"]["user"] == user


@pytest.mark.parametrize("guest", [{"name": "", "key": "k"}, {"name": "Ada", "key": ""}, {"name": "\u202e", "key": "k"}, {"name": "Ada"}])
def test_a_guest_without_a_fit_name_and_key_is_refused(server: Server, guest: dict[str, str]) -> None:
    assert error_of(Browser(server).ask("POST", "/api/sessions", json={"guest": guest})) == (400, "bad_message")


def test_two_ways_in_at_once_are_refused(server: Server) -> None:
    both = {**GUEST, "token": "x"}
    assert error_of(Browser(server).ask("POST", "/api/sessions", json=both)) == (400, "bad_message")


def test_guests_and_their_cookies_are_refused_without_dev(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("strict")
    strict = Server(folder, dev=True)
    browser = Browser(strict)
    with strict:
        browser.ask("POST", "/api/sessions", json=GUEST)
    strict.dev = False
    with strict:
        assert browser.ask("GET", "/api/sessions").json() == {"signed_in": False, "accounts": True, "guests": False}
        assert error_of(browser.ask("GET", "/api/me")) == (401, "not_authorized")
        assert error_of(Browser(strict).ask("POST", "/api/sessions", json=GUEST)) == (403, "not_authorized")
