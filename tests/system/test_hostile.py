"""Clients that mean no good, or know no better: each is dealt with on its own, and everybody else is served."""

from __future__ import annotations

import os
import resource
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Client
from tests.system.crowd import Crowd
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

GOOD = """\
GET /rooms/lobby/ws HTTP/1.1
Host: {host}
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Version: 13
Authorization: Bearer {token}

"""
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module", params=CARRIERS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of them: it must outlive each."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("target"), carrier=carrier, env={"ROOMS_MESSAGE_BYTES_MAX": "65536"}) as server:
        yield server


def still_serves(server: Server) -> None:
    with Client(server.socket_url("kitchen"), token=token("ada", "*")) as client:
        client.join()
        assert client.say("all is well")


def answer_to(server: Server, request: bytes) -> bytes:
    """All the server says until it ends the connection, or is silent for a second after its head."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client:
        client.sendall(request)
        said = b""
        try:
            while piece := client.recv(65536):
                said += piece
                if b"\r\n\r\n" in said:
                    client.settimeout(1)
        except (TimeoutError, ConnectionResetError):
            pass
        return said


def good_head(server: Server) -> str:
    return GOOD.format(host=server.host, token=token("ada", "*")).replace("\n", "\r\n")


BROKEN_HEADS = {
    "version 12": ("Version: 13", "Version: 12", {400, 426}),
    "no version": ("Sec-WebSocket-Version: 13\r\n", "", {400, 426}),
    "no key": ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", {400}),
    "short key": ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl", {400}),
    "two keys": ("Sec-WebSocket-Version", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version", {400}),
    "post": ("GET ", "POST ", {400, 405, 426}),
    "http 1.0": ("HTTP/1.1", "HTTP/1.0", {400, 426, 505}),
    "no host": ("Host: ", "X-Host: ", {400}),
    "two hosts": ("Host: ", "Host: evil\r\nHost: ", {400}),
    "not an upgrade": ("Upgrade: websocket\r\n", "", {426}),
    "another upgrade": ("Upgrade: websocket", "Upgrade: h2c", {426}),
    "connection without upgrade": ("Connection: Upgrade", "Connection: keep-alive", {400, 426}),
    "a body": ("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello", {400, 413}),
    "both lengths": ("\r\n\r\n", "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "a name with a slash": ("/rooms/lobby/ws", "/rooms/a%2Fb/ws", {400, 404}),
    "a name with a dot dot": ("/rooms/lobby/ws", "/rooms/../ws", {400, 404}),
    "an encoded dot dot": ("/rooms/lobby/ws", "/rooms/%2e%2e/ws", {400, 404}),
    "a name with a nul": ("/rooms/lobby/ws", "/rooms/a%00b/ws", {400}),
    "a name with a bidi character": ("/rooms/lobby/ws", "/rooms/a%E2%80%AEb/ws", {400}),
    "a name of no utf-8": ("/rooms/lobby/ws", "/rooms/%ff/ws", {400}),
    "a name that is too long": ("/rooms/lobby/ws", "/rooms/" + "x" * 129 + "/ws", {400}),
    "a name with a star": ("/rooms/lobby/ws", "/rooms/a*/ws", {400}),
    "an empty name": ("/rooms/lobby/ws", "/rooms//ws", {400, 404}),
    "an unknown kind": ("/rooms/lobby/ws", "/nothing/lobby/ws", {404}),
    "a kind that serves inside": ("/rooms/lobby/ws", "/private/lobby/ws", {404}),
    "a huge target": ("/rooms/lobby/ws", "/rooms/" + "x" * 100_000, {400, 414, 431}),
    "a huge header": ("Host: ", "X-Big: " + "x" * 200_000 + "\r\nHost: ", {400, 431}),
    "a thousand headers": ("Host: ", "".join(f"X-{i}: y\r\n" for i in range(5000)) + "Host: ", {400, 431}),
    "a header with a nul": ("Host: ", "X-Nul: a\0b\r\nHost: ", {400}),
    "a folded header": ("Host: ", "X-Fold: a\r\n b\r\nHost: ", {400}),
    "a space before the colon": ("Host: ", "X-Space : a\r\nHost: ", {400}),
}


@pytest.mark.parametrize("why", BROKEN_HEADS)
def test_a_broken_handshake_gets_a_status_and_harms_nobody(target: Server, why: str) -> None:
    old, new, statuses = BROKEN_HEADS[why]
    said = answer_to(target, good_head(target).replace(old, new, 1).encode("latin-1"))
    assert said.startswith(b"HTTP/1.1 "), said
    assert int(said[9:12]) in statuses, said[:200]
    if int(said[9:12]) == 426:
        assert b"upgrade: websocket" in said.lower()
    still_serves(target)


@pytest.mark.parametrize(
    "noise",
    [
        b"\r\n" * 50_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 70_000,
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["empty lines", "a TLS hello", "zeros", "half a request", "HTTP/2"],
)
def test_what_is_no_http_is_turned_away(target: Server, noise: bytes) -> None:
    said = answer_to(target, noise)
    assert said == b"" or said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    still_serves(target)


def test_the_head_may_come_a_byte_at_a_time(target: Server) -> None:
    with socket.create_connection(("127.0.0.1", target.port), PATIENCE_SECONDS) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in good_head(target).encode():
            client.send(bytes([byte]))
        assert client.recv(65536).startswith(b"HTTP/1.1 101")


def test_frames_may_come_with_the_head(target: Server) -> None:
    with socket.create_connection(("127.0.0.1", target.port), PATIENCE_SECONDS) as client:
        client.sendall(good_head(target).encode() + masked(1, b"ping"))
        said = b""
        while b"\x81\x04pong" not in said:
            piece = client.recv(65536)
            assert piece, said
            said += piece


def test_an_upgrade_may_be_the_second_request_of_a_connection(target: Server) -> None:
    with socket.create_connection(("127.0.0.1", target.port), PATIENCE_SECONDS) as client:
        client.sendall(f"GET /healthz HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        client.sendall(good_head(target).encode())
        said = client.recv(65536)
        while b"HTTP/1.1 101" not in said:
            piece = client.recv(65536)
            assert piece, said
            said += piece


def masked(opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0, mask: bool = True) -> bytes:
    """A frame as a client, good or bad, might write it."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, flag | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, flag | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, flag | 127, len(payload))
    key = os.urandom(4)
    return head + (key + bytes(b ^ key[i % 4] for i, b in enumerate(payload)) if mask else payload)


BAD_FRAMES = {
    "unmasked": (masked(1, b"hi", mask=False), 1002),
    "reserved bit": (masked(1, b"hi", reserved=4), 1002),
    "reserved opcode": (masked(3, b"hi"), 1002),
    "fragmented ping": (masked(9, b"hi", final=False), 1002),
    "ping of 126": (masked(9, b"x" * 126), 1002),
    "continuation of nothing": (masked(0, b"hi"), 1002),
    "text inside text": (masked(1, b"a", final=False) + masked(1, b"b"), 1002),
    "no utf-8": (masked(1, b"\xff"), 1007),
    "no utf-8 over fragments": (masked(1, b"\xe2\x82", final=False) + masked(0, b"("), 1007),
    "declared 2**63": (struct.pack("!BBQ", 0x81, 0xFF, 1 << 63) + b"\0" * 4, 1002),
    "declared 2**62": (struct.pack("!BBQ", 0x81, 0xFF, 1 << 62) + b"\0" * 4, 1009),
    "too long": (masked(1, b"x" * 65_537), 1009),
    "too long over fragments": (masked(1, b"x" * 40_000, final=False) + masked(0, b"x" * 40_000), 1009),
    "too many fragments": (masked(1, b"", final=False) + masked(0, b"", final=False) * 5_000, 1009),
    "close with one byte": (masked(8, b"\x03"), 1002),
    "close with a reserved code": (masked(8, struct.pack("!H", 1005)), 1002),
    "close with no utf-8": (masked(8, struct.pack("!H", 1000) + b"\xff"), 1007),
    "close": (masked(8, struct.pack("!H", 1000) + b"bye"), 1000),
}


@pytest.mark.parametrize("why", BAD_FRAMES)
def test_a_bad_frame_closes_its_socket_with_the_fitting_code(target: Server, why: str) -> None:
    frames, code = BAD_FRAMES[why]
    said = answer_to(target, good_head(target).encode() + frames)
    assert struct.pack("!H", code) in said[said.rfind(b"\x88") :][:4], f"{said[-100:]!r}"
    still_serves(target)


def test_floods_of_control_frames_are_answered_and_harm_nobody(target: Server) -> None:
    with socket.create_connection(("127.0.0.1", target.port), PATIENCE_SECONDS) as client:
        client.sendall(good_head(target).encode())
        for _ in range(20):
            client.sendall(masked(9, b"x" * 100) * 50 + masked(10, b"") * 50)
            still_serves(target)
            client.setblocking(False)
            try:
                while client.recv(1 << 20):
                    pass
            except BlockingIOError:
                pass
            client.settimeout(PATIENCE_SECONDS)


def test_sockets_that_vanish_at_every_stage_leave_nothing_behind(target: Server) -> None:
    head = good_head(target).encode()
    frame = masked(1, b'{"type":"join","data":{}}')
    whole = head + frame
    for cut in (0, 1, 20, len(head) - 1, len(head), len(head) + 1, len(head) + 7, len(whole)):
        for linger in (False, True):
            client = socket.create_connection(("127.0.0.1", target.port), PATIENCE_SECONDS)
            if linger:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(whole[:cut])
            client.close()
    with Crowd() as patience:
        patience.wait(lambda: target.metric("rooms_connections") == 0, "the dead sockets to be gone")
    still_serves(target)


def test_who_reads_too_slowly_is_closed_and_nobody_else_notices(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier, env={"ROOMS_OUTBOX_BYTES_MAX": "262144"}) as server, Crowd() as crowd:
        talker = crowd.open(server.port, "/rooms/lobby/ws", token("ada", "*"))
        reader = crowd.open(server.port, "/rooms/lobby/ws", token("bob", "*"))
        slow = crowd.open(server.port, "/rooms/lobby/ws", token("eve", "*"), receive_bytes=4096)
        crowd.wait(lambda: all(member.is_open for member in crowd.members), "upgrades")
        for member in crowd.members:
            member.send("join")
        crowd.wait(lambda: all(member.of("joined") for member in crowd.members), "joined")
        slow.reads = False
        sent = 2_500  # ten megabytes: more than the kernel keeps for a socket
        for number in range(20, sent + 1, 20):
            for _ in range(20):
                talker.send("message", message="x" * 4000)
            crowd.wait(lambda wanted=number: len(reader.of("message")) == wanted, "everybody else's messages")  # type: ignore[misc]
        crowd.resume(slow)
        crowd.wait(lambda: slow.is_over, "the slow reader's end")
        assert slow.close_code == 4413
        assert server.metric("rooms_closes_total", code="4413") == 1
        seqs = [message["seq"] for message in slow.of("message")]
        assert seqs == list(range(1, len(seqs) + 1)), "what came before the close has no hole"
        crowd.wait(lambda: bool(reader.of("left")), "left, five seconds after an unclean end")
        assert [message["seq"] for message in reader.of("message")] == list(range(1, sent + 1))
        assert server.metric("rooms_outbox_bytes") == 0


def test_a_server_without_free_descriptors_recovers(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier) as server:
        assert server.process is not None
        soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        open_now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (open_now + 20, hard))
        crowded = [socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) for _ in range(60)]
        for client in crowded:
            client.close()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        still_serves(server)
        assert server.log().count("\n") < 200, "the log is not flooded"
