"""Files over real sockets: what is uploaded comes back as what it is, to those it is for, and is gone when it should be."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from PIL import Image, PngImagePlugin

from tests.system.browser import error_of, picture
from tests.system.client import Client
from tests.system.deadline import until
from tests.system.packed import PackedClient
from tests.system.rest import Caller
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

FILE_BYTES_MAX = 300_000
ENV = {
    "ROOMS_FILE_BYTES_MAX": str(FILE_BYTES_MAX),
    "ROOMS_ROOM_FILES_BYTES_MAX": "1000000",
    "ROOMS_IDLE_SECONDS": "0.5",
    "ROOMS_DEFAULT_ROOMS": "lobby",
}


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("files"), carrier=request.param, env=ENV) as running:
        yield running


def on_disk(server: Server) -> list[Path]:
    return [path for path in (server.data / "files").rglob("*") if path.is_file()]


def is_on_disk(server: Server, content: bytes) -> bool:
    """Whether any file has it. Files may go while one looks."""
    for path in on_disk(server):
        with contextlib.suppress(FileNotFoundError):
            if content in path.read_bytes():
                return True
    return False


def upload(caller: Caller, room: str, content: bytes, name: str = "a.bin", media_type: str = "application/octet-stream") -> httpx2.Response:
    return caller.ask("POST", f"/api/rooms/{room}/files", files={"file": (name, content, media_type)})


def uploaded(caller: Caller, room: str, content: bytes = b"some bytes \xff", name: str = "a.bin") -> dict[str, Any]:
    response = upload(caller, room, content, name)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def said(caller: Caller, room: str, *files: str, **more: Any) -> httpx2.Response:
    return caller.ask("POST", f"/api/rooms/{room}/messages", json={"message": "look", "files": list(files), **more})


def got(caller: Caller, room: str, file_id: str, **headers: str) -> httpx2.Response:
    return caller.ask("GET", f"/api/rooms/{room}/files/{file_id}", headers=headers)


def test_a_file_comes_back_as_it_was_to_everybody_in_the_room_once_a_message_shows_it(server: Server) -> None:
    ada, bob = Caller(server, token("ada", "attic")), Caller(server, token("bob", "attic"))
    content = os.urandom(200_000)
    address = server.socket_url("attic")
    with PackedClient(address, token=token("eve", "attic")) as eve, Client(address, token=token("max", "attic")) as max_:
        eve.join()
        max_.join()
        file = uploaded(ada, "attic", content, "Übersicht final.bin")
        assert (file["name"], file["size"], file["type"]) == ("Übersicht final.bin", 200_000, "application/octet-stream")
        assert got(ada, "attic", file["id"]).content == content
        assert error_of(got(bob, "attic", file["id"])) == (404, "not_found")

        ada.ask("POST", "/api/rooms/attic/messages", json={"message": "look", "files": [file["id"]]})
        message = eve.receive("message")
        assert max_.receive("message") == message

    described = {key: file[key] for key in ("id", "name", "size", "type")}
    assert (message["files"], message["attachments"]) == ([file["id"]], [described])
    response = bob.ask("GET", file["url"])
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%C3%9Cbersicht%20final.bin" in response.headers["content-disposition"]
    page = bob.ask("GET", "/api/rooms/attic/messages").json()
    assert page["messages"][-1]["attachments"] == [described]


def test_a_picture_is_measured_and_may_be_shown_in_place(server: Server) -> None:
    ada = Caller(server, token("ada", "gallery"))
    file = upload(ada, "gallery", picture((50, 40)), "sea.png", "text/html").json()
    assert (file["type"], file["width"], file["height"]) == ("image/png", 50, 40)
    response = got(ada, "gallery", file["id"])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].startswith("inline;")


def lies() -> dict[str, tuple[bytes, str]]:
    """Contents that say they are something else, and the type they have to be served with."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    written = BytesIO()
    Image.new("RGB", (5, 5)).save(written, "PNG", pnginfo=info)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    return {
        "html": (b"<!doctype html><script>alert(1)</script>", "text/plain; charset=utf-8"),
        "svg": (svg, "text/plain; charset=utf-8"),
        "gif head on html": (b"GIF89a<script>alert(1)</script>", "application/octet-stream"),
        "png cut short": (picture()[:200], "application/octet-stream"),
        "html in a whole png": (written.getvalue(), "image/png"),
        "html after a whole png": (picture((5, 5)) + b"<script>alert(1)</script>", "image/png"),
        "pdf": (b"%PDF-1.7\n<script>", "application/pdf"),
        "avif that nobody decoded": (b"\0\0\0\x20ftypavif\0\0\0\0", "application/octet-stream"),
        "nothing but zeros": (b"\0" * 100, "application/octet-stream"),
    }


@pytest.mark.parametrize("what", lies())
def test_the_content_says_what_a_file_is_and_not_who_uploads_it(server: Server, what: str) -> None:
    content, media_type = lies()[what]
    ada = Caller(server, token("ada", "lies"))
    file = upload(ada, "lies", content, "x.html", "text/html").json()
    assert file["type"] == media_type
    response = got(ada, "lies", file["id"])
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"].startswith("inline" if media_type.startswith("image/") else "attachment")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content == content


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "file"),
        ("..", "file"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 300 + ".png", "x" * 124 + ".png"),
        ('quo"te;x=y.txt', None),
    ],
)
def test_a_name_is_what_is_left_of_it_and_no_way_to_a_place(server: Server, given: str, kept: str | None) -> None:
    ada = Caller(server, token("ada", "names"))
    before = {path.parent for path in on_disk(server)}
    file = upload(ada, "names", b"x", given).json()
    assert kept is None or file["name"] == kept
    assert "\n" not in got(ada, "names", file["id"]).headers["content-disposition"]
    assert {path.parent.parent.parent for path in on_disk(server)} == {server.data / "files"}
    assert len({path.parent for path in on_disk(server)} - before) <= 1


@pytest.mark.parametrize("path", ["..%2f..%2fhost.sqlite3", "..", "%00", "A" * 200, "0" * 32])
def test_an_id_leads_to_no_other_place(server: Server, path: str) -> None:
    ada = Caller(server, token("ada", "names"))
    assert ada.raw("GET", f"/api/rooms/names/files/{path}")[0] in (400, 404)


def test_parts_of_a_file_can_be_asked_for(server: Server) -> None:
    ada = Caller(server, token("ada", "parts"))
    content = bytes(range(256)) * 40
    file = uploaded(ada, "parts", content)
    for asked, start, end in [("0-9", 0, 10), ("100-", 100, 10240), ("-5", 10235, 10240), ("10239-99999", 10239, 10240)]:
        response = got(ada, "parts", file["id"], range=f"bytes={asked}")
        assert (response.status_code, response.content) == (206, content[start:end])
        assert response.headers["content-range"] == f"bytes {start}-{end - 1}/10240"
    beyond = got(ada, "parts", file["id"], range="bytes=10240-")
    assert error_of(beyond) == (416, "bad_message")
    assert beyond.headers["content-range"] == "bytes */10240"
    for whole in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "bytes=-"):
        assert got(ada, "parts", file["id"], range=whole).status_code == 200
    etag = got(ada, "parts", file["id"]).headers["etag"]
    assert got(ada, "parts", file["id"], **{"if-none-match": etag}).status_code == 304
    assert got(ada, "parts", file["id"], range="bytes=0-1", **{"if-range": '"another"'}).status_code == 200
    head = ada.ask("HEAD", f"/api/rooms/parts/files/{file['id']}")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10240", b"")


def test_only_ones_own_files_of_this_room_can_be_shown_and_each_once(server: Server) -> None:
    ada, bob = Caller(server, token("ada", "mine", "other")), Caller(server, token("bob", "mine", "other"))
    file = uploaded(ada, "mine")["id"]
    assert error_of(said(bob, "mine", file)) == (404, "not_found")
    assert error_of(said(ada, "other", file)) == (404, "not_found")
    assert error_of(said(ada, "mine", "0" * 32)) == (404, "not_found")
    assert error_of(said(ada, "mine", file, file)) == (409, "conflict")
    assert error_of(got(bob, "other", file)) == (404, "not_found")
    with Client(server.socket_url("mine"), token=token("ada", "mine")) as socket:
        socket.join()
        assert socket.say("here", files=[file])["seq"] == 1
        socket.send("message", message="and here", files=[file], ref="again")
        assert socket.receive("error")["code"] == "conflict"
    assert error_of(said(ada, "mine", file)) == (409, "conflict")


def test_a_message_said_again_under_its_key_shows_its_files_again(server: Server) -> None:
    ada = Caller(server, token("ada", "keys"))
    file = uploaded(ada, "keys")["id"]
    first = said(ada, "keys", file, cid="k")
    assert (first.status_code, said(ada, "keys", file, cid="k").json()) == (201, first.json())


def test_who_may_not_enter_may_not_upload_nor_see(server: Server) -> None:
    ada, eve = Caller(server, token("ada", "closed")), Caller(server, token("eve", "lobby"))
    file = uploaded(ada, "closed")["id"]
    said(ada, "closed", file)
    assert error_of(upload(eve, "closed", b"x")) == (403, "not_authorized")
    assert error_of(got(eve, "closed", file)) == (403, "not_authorized")
    assert error_of(upload(Caller(server, None), "closed", b"x")) == (401, "not_authorized")


def test_the_banned_see_no_file_and_the_muted_upload_none(server: Server) -> None:
    ada, bob = Caller(server, token("ada", "strict", moderates=["strict"])), Caller(server, token("bob", "strict"))
    file = uploaded(ada, "strict")["id"]
    said(ada, "strict", file)
    with Client(server.socket_url("strict"), token=ada.token) as moderator:
        moderator.join()
        moderator.send("mute", user="bob", ref="m")
        moderator.receive("ack")
        assert error_of(upload(bob, "strict", b"x")) == (403, "muted")
        assert got(bob, "strict", file).status_code == 200
        moderator.send("ban", user="bob", ref="b")
        moderator.receive("ack")
        assert error_of(got(bob, "strict", file)) == (403, "banned")


def test_a_deleted_message_takes_its_files_off_the_disk(server: Server) -> None:
    ada = Caller(server, token("ada", "fickle"))
    secret = b"the secret of the fickle " + os.urandom(8).hex().encode()
    file = uploaded(ada, "fickle", secret, "secret.txt")["id"]
    said(ada, "fickle", file)
    with Client(server.socket_url("fickle"), token=ada.token) as socket:
        message = socket.join()["history"][-1]
        assert is_on_disk(server, secret)
        socket.send("delete", id=message["id"], ref="d")
        socket.receive("ack")
        assert error_of(got(ada, "fickle", file)) == (404, "not_found")
        assert until(lambda: not is_on_disk(server, secret))
        page = ada.ask("GET", "/api/rooms/fickle/messages").json()
        assert not {"files", "attachments"} & set(page["messages"][-1])


def test_a_file_that_is_too_large_is_refused_and_nothing_of_it_stays(server: Server) -> None:
    ada = Caller(server, token("ada", "big"))
    assert upload(ada, "big", bytes(FILE_BYTES_MAX)).status_code == 201
    before = on_disk(server)
    assert error_of(upload(ada, "big", bytes(FILE_BYTES_MAX + 1))) == (413, "too_large")
    assert ada.unframed_upload("big", bytes(FILE_BYTES_MAX + 1))[0] == 413
    assert until(lambda: on_disk(server) == before)


def test_uploads_at_once_never_pass_the_rooms_quota(server: Server) -> None:
    ada = Caller(server, token("ada", "quota"))
    statuses: list[int] = []
    threads = [Thread(target=lambda: statuses.append(upload(ada, "quota", bytes(290_000)).status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 201, 201, 507]
    refused = upload(ada, "quota", bytes(290_000))
    assert error_of(refused) == (507, "storage_full")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello', "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\na\r\n'
            b'--x\r\nContent-Disposition: form-data; name="b"; filename="b"\r\n\r\nb\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"--x" * 1000, "multipart/form-data; boundary=x"),
        (b"hello", "multipart/form-data"),
        (b"hello", "application/octet-stream"),
        (b"{}", "application/json"),
    ],
)
def test_what_is_no_form_with_one_file_is_refused(server: Server, body: bytes, media_type: str) -> None:
    ada = Caller(server, token("ada", "forms"))
    before = on_disk(server)
    response = ada.ask("POST", "/api/rooms/forms/files", content=body, headers={"content-type": media_type})
    assert error_of(response) == (400, "bad_message")
    assert until(lambda: on_disk(server) == before)


def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(server: Server) -> None:
    ada = Caller(server, token("ada", "cut"))
    before = on_disk(server)
    head = ada.upload_head("cut", 100_000)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(head + bytes(50_000))
        assert until(lambda: len(on_disk(server)) == len(before) + 1)
    assert until(lambda: on_disk(server) == before)


def test_a_form_without_proof_that_it_is_meant_is_refused(server: Server) -> None:
    from tests.system.browser import signed_in

    browser = signed_in(server, f"csrf-{server.port}")
    files = {"file": ("a", b"a")}
    assert error_of(browser.ask("POST", "/api/rooms/lobby/files", csrf=None, files=files)) == (403, "not_authorized")
    assert error_of(browser.ask("POST", "/api/rooms/lobby/files", headers={"origin": "https://evil.example"}, files=files))[0] == 403
    assert browser.ask("POST", "/api/rooms/lobby/files", files=files).status_code == 201


def test_a_file_outlives_a_kill_and_one_that_no_message_shows_goes_after_a_while(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier, env={**ENV, "ROOMS_UNSENT_FILE_SECONDS": "1"}) as server:
        ada = Caller(server, token("ada", "lobby"))
        shown, unsent = uploaded(ada, "lobby", b"shown"), uploaded(ada, "lobby", b"unsent")
        assert said(ada, "lobby", shown["id"]).status_code == 201
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(ada.upload_head("lobby", 100_000) + bytes(50_000))
            assert until(lambda: len(on_disk(server)) == 3)
            server.kill()
        server.start()
        assert got(ada, "lobby", shown["id"]).content == b"shown"
        assert until(lambda: len(on_disk(server)) == 1)
        assert error_of(got(ada, "lobby", unsent["id"])) == (404, "not_found")
        assert got(ada, "lobby", shown["id"]).content == b"shown"


def test_a_file_that_somebody_took_from_the_disk_is_not_found_and_its_message_stays(server: Server) -> None:
    ada = Caller(server, token("ada", "robbed"))
    before = set(on_disk(server))
    file = uploaded(ada, "robbed")["id"]
    said(ada, "robbed", file)
    [stolen] = set(on_disk(server)) - before
    stolen.unlink()
    assert error_of(got(ada, "robbed", file)) == (404, "not_found")
    assert ada.ask("GET", "/api/rooms/robbed/messages").json()["messages"][-1]["files"] == [file]


def test_a_backup_brings_the_files_along(tmp_path: Path) -> None:
    content = os.urandom(10_000)
    with Server(tmp_path, env=ENV) as server:
        ada = Caller(server, token("ada", "lobby"))
        room = ada.ask("POST", "/api/rooms", json={"title": "Kept"}).json()["room"]
        ended = ada.ask("POST", "/api/rooms", json={"title": "Ended"}).json()["room"]
        file = uploaded(ada, room, content)["id"]
        said(ada, room, file)
        assert ada.ask("DELETE", f"/api/rooms/{ended}").status_code == 204
        server.rooms("backup", str(tmp_path / "copy"))
        server.stop()
        server.data = tmp_path / "restored"
        server.rooms("restore", str(tmp_path / "copy"))
        server.start()
        assert got(ada, room, file).content == content
        assert error_of(ada.ask("GET", f"/api/rooms/{ended}")) == (404, "not_found")
        [message] = ada.ask("GET", f"/api/rooms/{room}/messages").json()["messages"]
        with Client(server.socket_url(room), token=ada.token) as socket:
            socket.join()
            socket.send("delete", id=message["id"], ref="d")
            socket.receive("ack")
        assert until(lambda: on_disk(server) == [])


def test_uploads_that_stall_hold_up_nobody_but_their_user(tmp_path: Path) -> None:
    """How long they may stall is the edge's affair (tests/gateway/edge)."""
    with Server(tmp_path, env=ENV) as server:
        ada = Caller(server, token("ada", "lobby"))
        with contextlib.ExitStack() as stalled:
            for _ in range(4):
                connection = stalled.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                connection.sendall(ada.upload_head("lobby", 100_000) + bytes(10))
            assert until(lambda: len(on_disk(server)) == 4)
            assert error_of(upload(ada, "lobby", b"one more")) == (503, "overloaded")
            assert upload(Caller(server, token("bob", "lobby")), "lobby", b"another's").status_code == 201
        assert until(lambda: upload(ada, "lobby", b"one more").status_code == 201)
