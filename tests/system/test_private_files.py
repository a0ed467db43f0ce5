"""Files of private conversations over real sockets: for the two alone, and gone with their message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.system.browser import error_of, picture
from tests.system.client import Client
from tests.system.deadline import until
from tests.system.rest import Caller
from tests.system.server import CARRIERS, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("files"), carrier=request.param) as running:
        yield running


@contextmanager
def line(server: Server, user: str) -> Iterator[Client]:
    """A socket of many rooms, over which private messages go."""
    with Client(f"ws://{server.host}/ws", token=token(user)) as socket:
        socket.receive("hello")
        yield socket


def between(caller: Caller, other: str, file_id: str = "") -> httpx2.Response:
    """Upload to the conversation with ``other``, or get what is there."""
    if file_id:
        return caller.ask("GET", f"/api/conversations/{other}/files/{file_id}")
    return caller.ask("POST", f"/api/conversations/{other}/files", files={"file": ("us.png", picture((50, 40)), "image/png")})


def test_a_file_in_a_private_conversation_is_for_the_two_alone(server: Server) -> None:
    ada, bob, carol = (Caller(server, token(f"{name} of us")) for name in ("ada", "bob", "carol"))
    admin = Caller(server, token("root", "*", admin=True))
    with line(server, "ada of us") as one, line(server, "bob of us") as other:
        file = between(ada, "bob%20of%20us").json()
        assert (file["type"], file["width"], file["with"]) == ("image/png", 50, "bob of us")
        assert file["url"] == f"/api/conversations/bob%20of%20us/files/{file['id']}"
        assert error_of(between(bob, "ada%20of%20us", file["id"])) == (404, "not_found")
        assert ada.ask("GET", file["url"]).content == picture((50, 40))

        one.send("private", to="bob of us", message="we two", files=[file["id"]])
        described = {key: file[key] for key in ("id", "name", "size", "type", "width", "height")}
        for socket in (one, other):
            message = socket.receive("private")
            assert (message["files"], message["attachments"]) == ([file["id"]], [described])
        assert between(bob, "ada%20of%20us", file["id"]).content == picture((50, 40))
        for stranger in (carol, admin):
            for partner in ("ada", "bob"):
                assert error_of(between(stranger, f"{partner}%20of%20us", file["id"])) == (404, "not_found")
        other.send("private", to="ada of us", message="not mine", files=[file["id"]])
        assert other.receive("error")["code"] == "not_found"

        secret = (server.data / "files").rglob(file["id"])
        assert [path.read_bytes() for path in secret] == [picture((50, 40))]
        one.send("delete", **{"with": "bob of us"}, id=message["id"], ref="d")
        one.receive("ack")
        assert error_of(between(bob, "ada%20of%20us", file["id"])) == (404, "not_found")
        assert until(lambda: not list((server.data / "files").rglob(file["id"])))


def test_nobody_uploads_to_whom_there_never_was_or_to_who_blocks_them(server: Server) -> None:
    ada = Caller(server, token("ada who asks"))
    assert error_of(between(ada, "nobody-ever")) == (404, "user_not_found")
    assert error_of(between(ada, "nobody-ever", "0" * 32)) == (404, "not_found")
    assert error_of(between(ada, "a*b")) == (400, "bad_message")
    assert error_of(between(Caller(server, None), "ada")) == (401, "not_authorized")
    with line(server, "bob who blocks") as bob:
        assert between(ada, "bob%20who%20blocks").status_code == 201
        bob.send("block", user="ada who asks", on=True, ref="b")
        bob.receive("ack")
        assert error_of(between(ada, "bob%20who%20blocks")) == (403, "blocked")
    assert between(ada, "ada%20who%20asks").json()["with"] == "ada who asks"
