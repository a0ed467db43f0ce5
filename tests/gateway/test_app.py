"""The whole server as a process: what it listens on, when it refuses to start, and how it ends."""

from __future__ import annotations

import datetime
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.client import connect, unix_connect

from tests.system.server import CARRIERS, ROOT, CarrierName, Server, ServerDied

ECHO = """
from rooms import Room

class Echo(Room):
    async def on_message(self, connection, message):
        connection.send(message)

    async def on_request(self, request):
        from rooms import Response
        return Response(200, f"{request.method} {request.path} for {request.identity.name}")
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on its way; a test starts it."""
    with_kinds = tmp_path / "kinds"
    with_kinds.mkdir()
    (with_kinds / "mine.py").write_text(ECHO)
    made = Server(tmp_path, dev=True, cwd=with_kinds)
    yield made
    if made.process is not None:
        made.kill()


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_kind_from_the_current_folder_is_served_over_sockets_and_http(tmp_path: Path, carrier: CarrierName) -> None:
    (tmp_path / "mine.py").write_text(ECHO)
    with Server(tmp_path, dev=True, carrier=carrier, arguments=["--kind", "echoes=mine:Echo"], cwd=tmp_path) as server:
        with connect(server.socket_url("hall", kind="echoes")) as client:
            client.send("text")
            assert client.recv(timeout=5) == "text"
            client.send(b"\x00binary")
            assert client.recv(timeout=5) == b"\x00binary"
        status, body = server.get("/echoes/hall/somewhere")
        assert (status, body[:23]) == (200, b"GET /somewhere for gues")
        assert server.get("/echoes/hall/ws") == (426, b"Upgrade header must be websocket")
        assert json.loads(server.get("/api/openapi.json")[1])["openapi"] == "3.1.0"
        assert server.stop() == 0


def test_without_a_key_it_says_what_is_missing_and_makes_nothing(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROOMS_")}

    done = subprocess.run(
        [sys.executable, "-P", "-m", "gateway", "serve", "--port", "0", "--data", str(tmp_path / "data")],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.returncode == 2
    assert "--dev" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_second_server_on_the_same_folder_does_not_start(server: Server, tmp_path: Path) -> None:
    server.start()
    second = Server(tmp_path, dev=True)

    with pytest.raises(ServerDied, match=r"exit status 1\n"):
        second.start()

    second.process = None
    assert server.get("/readyz")[0] == 200
    assert "Traceback" not in server.log()


def test_a_port_that_is_taken_is_said_and_the_folder_is_left_alone(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server.port))  # and does not listen, so that nobody waits for an answer of ours
        with pytest.raises(ServerDied, match="ddress already in use"):
            server.start()

    server.process = None
    assert "Traceback" not in server.log()
    assert not server.data.exists()


def test_after_kill_nothing_has_to_be_unlocked(server: Server) -> None:
    server.start()
    server.kill()
    server.start()

    assert server.get("/healthz") == (200, b"ok\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_gracefully_by_either_signal(server: Server, number: signal.Signals) -> None:
    server.start()
    with connect(server.socket_url("lobby")) as client:
        client.recv(timeout=5)
        assert server.process is not None
        server.process.send_signal(number)
        assert json.loads(client.recv(timeout=5))["type"] == "closing"
        with pytest.raises(Exception, match="1012"):
            client.recv(timeout=5)
    assert server.wait(10) == 0


def test_a_signal_while_it_starts_ends_it_too(server: Server) -> None:
    server.start(wait=False)
    server.wait_ready()
    server.terminate()
    server.terminate()

    assert server.wait(10) == 0


def test_a_unix_socket_serves_and_the_next_server_takes_it_over(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "rooms.sock"
    for _ in range(2):
        process = subprocess.Popen(
            [*server.command("serve"), "--dev", "--unix-socket", str(path)], env=server.environment(), stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        assert any("listening" in line for line in process.stderr)
        with unix_connect(str(path), "ws://localhost/rooms/lobby/ws") as client:
            assert json.loads(client.recv(timeout=5))["type"] == "hello"
        process.kill()
        process.wait()
        process.stderr.close()


def test_tls_serves_sockets_and_http_on_the_same_port(server: Server, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    server = Server(tmp_path, dev=True, arguments=["--tls-cert-file", str(cert), "--tls-key-file", str(key)])
    server.start(wait=False)
    context = ssl.create_default_context(cafile=str(cert))
    try:
        wait_for_line(server, "listening")
        with connect(f"wss://localhost:{server.port}/rooms/lobby/ws", ssl=context) as client:
            assert json.loads(client.recv(timeout=5))["type"] == "hello"
        with socket.create_connection(("127.0.0.1", server.port)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert tls.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        server.kill()


def test_json_logs_are_objects_and_never_hold_a_token(server: Server) -> None:
    server = Server(server.data.parent, env={"ROOMS_LOG_FORMAT": "json", "ROOMS_UNHEARD_OF": "1"})
    with server:
        token = server.token("ada", "lobby", arguments=["--ttl", "1h"])
        for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {token}x"}):
            server.get(f"/rooms/lobby/?token={token}", headers=headers, method="POST", body=b"x")
        assert server.stop() == 0

    lines = [json.loads(line) for line in server.log().splitlines()]
    assert {"setting_unknown", "listening", "stopped"} <= {line["event"] for line in lines}
    assert token[:60] not in server.log()


def wait_for_line(server: Server, text: str) -> None:
    """Return once the log says so."""
    assert server.process is not None
    for _ in range(400):
        if text in server.log():
            return
        try:
            server.process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(server.log())


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    return cert_file, key_file
