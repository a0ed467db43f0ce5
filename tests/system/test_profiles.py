"""Profiles and their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from tests.system.browser import ROOMS, Browser, error_of, picture, signed_in
from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose accounts may enter the lobby."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("accounts"), carrier=carrier, env=ROOMS) as running:
        yield running


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
