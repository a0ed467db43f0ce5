"""Accounts, sessions with cookies, tickets, profiles and revocation, as browsers and scripts use them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

PASSWORD = "correct horse battery"
ROOMS = {"ROOMS_DEFAULT_ROOMS": "lobby"}


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose accounts may enter the lobby."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("accounts"), carrier=carrier, env=ROOMS) as running:
        yield running


@dataclass
class Browser:
    """Keeps the cookies it is given, Secure ones too, although the test's server has no TLS."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, *, csrf: str | None = "", headers: Mapping[str, str] | None = None, **body: Any
    ) -> httpx2.Response:
        """One request. ``csrf``: what the double submit says; by default what it should."""
        sent = dict(headers or {})
        if self.cookies:
            sent["cookie"] = self.cookie
        if csrf is not None and (csrf or "rooms_csrf" in self.cookies):
            sent["x-xsrf-token"] = csrf or self.cookies["rooms_csrf"]
        response = httpx2.request(method, f"http://{self.server.host}{path}", headers=sent, timeout=30, **body)
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        return response

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def register(self, user: str) -> httpx2.Response:
        return self.ask("POST", "/api/accounts", json={"user": user, "full_name": user.title(), "password": PASSWORD})

    def sign_in(self, user: str, password: str = PASSWORD) -> httpx2.Response:
        return self.ask("POST", "/api/sessions", json={"user": user, "password": password})

    def socket(self, query: str = "") -> Client:
        headers = {} if query else {"cookie": self.cookie}
        return Client(self.server.socket_url("lobby", query=query), headers=headers)


def signed_in(server: Server, user: str) -> Browser:
    browser = Browser(server)
    assert browser.register(user).status_code == 201
    assert browser.sign_in(user).status_code == 201
    return browser


def error_of(response: httpx2.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert error["message"]
    return response.status_code, error["code"]


def picture(size: tuple[int, int] = (500, 250), kind: str = "PNG") -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind)
    return written.getvalue()


def closed_with(client: Client) -> int:
    """The code of the close, whatever was said before it."""
    with pytest.raises(ConnectionClosed) as closed:
        list(iter(client.next, None))
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def admin(server: Server, **revoked: Any) -> httpx2.Response:
    bearer = {"authorization": f"Bearer {token('root', admin=True)}"}
    return Browser(server).ask("POST", "/api/admin/revoke", headers=bearer, json=revoked)


# accounts


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


# sessions


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


# tickets


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


# profiles


def test_a_profile_changes_for_the_sockets_that_are_open(server: Server) -> None:
    browser = signed_in(server, "painter")
    with browser.socket() as socket, Client(server.socket_url("lobby"), token=token("watcher", "lobby")) as watcher:
        socket.join()
        watcher.join()

        changed = browser.ask("PUT", "/api/me", data={"full_name": "The Painter"}, files={"avatar": ("me.png", picture())})
        assert changed.status_code == 200
        assert changed.json()["full_name"] == "The Painter"

        socket.say("hello")
        assert watcher.receive("message")["name"] == "The Painter"
    with browser.socket() as socket:
        assert socket.receive("hello")["user"] == {"user": "painter", "name": "The Painter", "avatar": changed.json()["avatar"]}
    assert browser.ask("PUT", "/api/me", files={"full_name": (None, "Anew")}).json()["avatar"] == changed.json()["avatar"]


def test_a_picture_is_made_small_and_served_safely(server: Server) -> None:
    browser = signed_in(server, "pic")
    address = browser.ask("PUT", "/api/me", files={"avatar": ("../../x.svg", picture(kind="JPEG"), "image/svg+xml")}).json()["avatar"]
    assert address.startswith("/api/users/pic/avatar")

    served = Browser(server).ask("GET", address)
    assert served.status_code == 200
    assert served.headers["content-type"] == "image/webp"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert Image.open(BytesIO(served.content)).size == (256, 128)

    again = Browser(server).ask("GET", address, headers={"if-none-match": served.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert error_of(Browser(server).ask("GET", "/api/users/nobody/avatar")) == (404, "not_found")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 400),
        (b"<html>GIF89a", 400),
        (b"GIF89a<script>", 400),
        (b"x" * ((2 << 20) + 1), 413),
        (picture(kind="JPEG")[:-200], 400),
    ],
    ids=["svg", "html", "no gif", "too large", "cut off"],
)
def test_what_is_no_picture_is_refused_and_changes_nothing(server: Server, data: bytes, status: int) -> None:
    browser = Browser(server)
    browser.ask("POST", "/api/sessions", json={"token": token("nopic", name="Nopic")})
    response = browser.ask("PUT", "/api/me", files={"avatar": ("a.png", data)}, data={"full_name": "Changed"})
    assert error_of(response)[0] == status
    assert browser.ask("GET", "/api/me").json()["full_name"] == "Nopic"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\ncontent-disposition: form-data; name=avatar\r\n\r\ntext\r\n--x--", "multipart/form-data; boundary=x"),
        (b'{"full_name":"x"}', "application/json"),
        (b"full_name=x", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused(server: Server, body: bytes, media_type: str) -> None:
    bearer = {"authorization": f"Bearer {token('form')}", "content-type": media_type}
    assert error_of(Browser(server).ask("PUT", "/api/me", headers=bearer, content=body)) == (400, "bad_message")


# revocation


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


def test_a_room_s_own_http_takes_a_cookie_s_write_with_the_double_submit(tmp_path: Path) -> None:
    with Server(tmp_path, arguments=["--kind", "probes=tests.system.kinds:Probe"]) as server:
        browser = signed_in(server, "poster")
        assert error_of(browser.ask("POST", "/probes/one/", csrf=None)) == (403, "not_authorized")
        assert error_of(browser.ask("POST", "/probes/one/", csrf="x")) == (403, "not_authorized")
        assert browser.ask("POST", "/probes/one/").status_code == 200


# what is nobody's business


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
