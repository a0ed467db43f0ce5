"""Sessions with cookies, the double submit, tickets and guessing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.system.browser import PASSWORD, ROOMS, Browser, closed_with, error_of, signed_in
from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose accounts may enter the lobby."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("accounts"), carrier=carrier, env=ROOMS) as running:
        yield running


def test_the_cookies_are_as_the_protocol_says(server: Server) -> None:
    browser = Browser(server)
    browser.register("cookie")
    response = browser.sign_in("cookie")
    session, csrf = response.headers.get_list("set-cookie")
    assert session.startswith("rooms_session=ey")
    assert all(word in session for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
    assert csrf.startswith("rooms_csrf=")
    assert "HttpOnly" not in csrf
    body = response.json()
    assert (body["user"], body["full_name"], body["rooms"]) == ("cookie", "Cookie", ["lobby"])
    assert body["rooms_csrf"] == browser.cookies["rooms_csrf"] == browser.ask("GET", "/api/me").json()["rooms_csrf"]


def test_in_dev_the_cookies_go_without_tls(tmp_path: Path) -> None:
    with Server(tmp_path, dev=True) as server:
        browser = Browser(server)
        browser.register("ada")
        assert not [line for line in browser.sign_in("ada").headers.get_list("set-cookie") if "Secure" in line]
        assert error_of(Browser(server).ask("GET", "/api/me")) == (401, "not_authorized")  # a guest is nobody here


def test_an_unknown_user_and_a_wrong_password_are_told_the_same(server: Server) -> None:
    browser = signed_in(server, "known")
    wrong, unknown = browser.sign_in("known", "wrong password"), browser.sign_in("unknown", "wrong password")
    assert error_of(wrong) == error_of(unknown) == (401, "not_authorized")
    assert wrong.content == unknown.content
    for user, password in [("", PASSWORD), ("a/b", PASSWORD), ("known", "x" * 2_000), ("guest-1", PASSWORD)]:
        assert browser.sign_in(user, password).content == wrong.content


def test_a_session_can_begin_with_a_token_and_is_worth_no_more(server: Server) -> None:
    browser = Browser(server)
    given = token("tess", "lobby", "other", moderates=["lobby"], exp=int(time.time()) + 600)
    body = browser.ask("POST", "/api/sessions", json={"token": given}).json()
    assert body["rooms"] == ["lobby", "other"]
    assert body["expires"] <= (time.time() + 600) * 1000
    with browser.socket() as socket:
        assert socket.receive("hello")["user"]["user"] == "tess"
    assert error_of(Browser(server).ask("POST", "/api/sessions", json={"token": token("tess", secret="x" * 40)})) == (401, "not_authorized")
    assert error_of(Browser(server).ask("POST", "/api/sessions", json={"token": given, "user": "tess"})) == (400, "bad_message")


def test_a_session_s_cookie_opens_sockets_and_is_no_bearer_token(server: Server) -> None:
    browser = signed_in(server, "sock")
    with browser.socket() as socket:
        hello = socket.receive("hello")
        assert (hello["user"], hello["authorizedRooms"]) == ({"user": "sock", "name": "Sock", "avatar": None}, ["lobby"])
    with pytest.raises(Exception, match="401"):
        Client(server.socket_url("lobby"), token=browser.cookies["rooms_session"])


def test_a_page_elsewhere_cannot_use_the_cookie_for_a_socket(server: Server) -> None:
    browser = signed_in(server, "hijack")
    for origin in ("https://evil.example", "null", f"http://{server.host}.evil.example", f"http://{server.host}0"):
        with pytest.raises(Exception, match="403"):
            Client(server.socket_url("lobby"), headers={"cookie": browser.cookie}, origin=origin)
    with Client(server.socket_url("lobby"), headers={"cookie": browser.cookie}, origin=f"http://{server.host}") as socket:
        socket.receive("hello")


@pytest.mark.parametrize("csrf", [None, "x", "é", "x" * 5_000])
def test_a_write_by_cookie_needs_the_double_submit(server: Server, csrf: str | None) -> None:
    browser = Browser(server)
    browser.register("csrf")
    browser.sign_in("csrf")
    wrong = csrf.encode() if csrf is not None else None
    for method, path in [("POST", "/api/tickets"), ("PUT", "/api/me"), ("DELETE", "/api/sessions")]:
        headers = {"x-xsrf-token": wrong} if wrong is not None else {}
        response = httpx2.request(method, f"http://{server.host}{path}", headers={"cookie": browser.cookie, **headers})  # type: ignore[dict-item]
        assert error_of(response) == (403, "not_authorized")
    assert browser.ask("GET", "/api/me").status_code == 200


def test_the_double_submit_of_another_session_is_worth_nothing(server: Server) -> None:
    one, two = signed_in(server, "one"), signed_in(server, "two")
    assert error_of(one.ask("POST", "/api/tickets", csrf=two.cookies["rooms_csrf"])) == (403, "not_authorized")
    one.cookies["rooms_csrf"] = two.cookies["rooms_csrf"]  # both halves of the pair, from elsewhere
    assert error_of(one.ask("POST", "/api/tickets")) == (403, "not_authorized")


def test_signing_out_ends_the_session_and_its_sockets_at_once_and_no_others(server: Server) -> None:
    browser = signed_in(server, "leaver")
    elsewhere = Browser(server)
    elsewhere.sign_in("leaver")
    ticket = browser.ask("POST", "/api/tickets").json()["ticket"]
    unused = browser.ask("POST", "/api/tickets").json()["ticket"]
    with browser.socket() as by_cookie, browser.socket(f"?ticket={ticket}") as by_ticket, elsewhere.socket() as other:
        for socket in (by_cookie, by_ticket, other):
            socket.receive("hello")
        stolen = dict(browser.cookies)

        assert browser.ask("DELETE", "/api/sessions").status_code == 204

        assert browser.cookies == {}
        assert (closed_with(by_cookie), closed_with(by_ticket)) == (4401, 4401)
        other.join()
    browser.cookies = stolen
    assert error_of(browser.ask("GET", "/api/me")) == (401, "not_authorized")
    for query in ("", f"?ticket={unused}"):
        with browser.socket(query) as socket:
            assert closed_with(socket) == 4401
    assert browser.ask("DELETE", "/api/sessions").status_code == 204


def test_a_session_that_ended_stays_ended_after_kill_9_and_others_stay(tmp_path: Path) -> None:
    with Server(tmp_path, env=ROOMS) as server:
        gone, here = signed_in(server, "gone"), signed_in(server, "here")
        stolen = dict(gone.cookies)
        gone.ask("DELETE", "/api/sessions")
        server.kill()
        server.start()
        gone.cookies = stolen
        assert gone.ask("GET", "/api/me").status_code == 401
        assert here.ask("GET", "/api/me").json()["full_name"] == "Here"
        assert here.sign_in("gone").status_code == 201


def test_without_accounts_only_tokens_sign_in(tmp_path: Path) -> None:
    with Server(tmp_path, env={"ROOMS_ACCOUNTS": "off"}) as server:
        browser = Browser(server)
        assert error_of(browser.register("ada")) == (403, "not_authorized")
        assert error_of(browser.sign_in("ada")) == (403, "not_authorized")
        assert browser.ask("POST", "/api/sessions", json={"token": token("ada", "lobby")}).status_code == 201


def test_guessing_locks_out_the_guesser_and_nobody_else(tmp_path: Path) -> None:
    env = {"ROOMS_RATE_LIMITS": "on", "ROOMS_TRUSTED_PROXIES": "127.0.0.1", **ROOMS}
    with Server(tmp_path, env=env) as server:
        victim = signed_in(server, "victim")

        def guess(address: str, password: str, user: str = "victim") -> httpx2.Response:
            body = {"user": user, "password": password}
            return Browser(server).ask("POST", "/api/sessions", json=body, headers={"x-forwarded-for": address})

        statuses = [guess("203.0.113.7", f"guess {number}").status_code for number in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        refused = guess("203.0.113.7", PASSWORD)
        assert error_of(refused) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) >= 1
        assert guess("203.0.113.7", "other guess", "somebody").status_code == 401
        assert guess("203.0.113.8", PASSWORD).status_code == 201
        assert victim.ask("GET", "/api/me").status_code == 200
        with victim.socket() as socket:
            socket.receive("hello")


def test_a_room_s_own_http_takes_a_cookie_s_write_with_the_double_submit(tmp_path: Path) -> None:
    with Server(tmp_path, arguments=["--kind", "probes=tests.system.kinds:Probe"]) as server:
        browser = signed_in(server, "poster")
        assert error_of(browser.ask("POST", "/probes/one/", csrf=None)) == (403, "not_authorized")
        assert error_of(browser.ask("POST", "/probes/one/", csrf="x")) == (403, "not_authorized")
        assert browser.ask("POST", "/probes/one/").status_code == 200


def test_a_ticket_opens_one_socket_with_its_maker_s_rooms(server: Server) -> None:
    bearer = {"authorization": f"Bearer {token('tick', 'lobby', exp=int(time.time()) + 100)}"}
    issued = Browser(server).ask("POST", "/api/tickets", headers=bearer)
    assert issued.status_code == 201
    ticket = issued.json()["ticket"]
    with Client(server.socket_url("lobby", query=f"?ticket={ticket}")) as socket:
        hello = socket.receive("hello")
        assert (hello["user"]["user"], hello["authorizedRooms"]) == ("tick", ["lobby"])
    with Client(server.socket_url("lobby", query=f"?ticket={ticket}")) as socket:
        assert closed_with(socket) == 4401
    other = Browser(server).ask("POST", "/api/tickets", headers=bearer).json()["ticket"]
    with Client(server.socket_url("other", query=f"?ticket={other}")) as socket:
        assert closed_with(socket) == 4403


def test_a_ticket_is_good_as_a_first_message(server: Server) -> None:
    bearer = {"authorization": f"Bearer {token('late', 'lobby')}"}
    ticket = Browser(server).ask("POST", "/api/tickets", headers=bearer).json()["ticket"]
    with Client(server.socket_url("lobby")) as socket:
        socket.send("auth", ticket=ticket)
        assert socket.receive("hello")["user"]["user"] == "late"


def test_nobody_gets_no_ticket(server: Server) -> None:
    assert error_of(Browser(server).ask("POST", "/api/tickets")) == (401, "not_authorized")
