"""A browser as the server sees it: it keeps cookies, and repeats the one that proves a request is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed

from tests.system.client import Client
from tests.system.server import Server

PASSWORD = "correct horse battery"
ROOMS = {"ROOMS_DEFAULT_ROOMS": "lobby"}


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
