"""The configurations in ``deploy/`` for nginx and Caddy, run in front of a real server: TLS, WebSockets, REST, the client's address."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.system.crowd import Crowd
from tests.system.server import ROOT, Server, free_port
from tests.system.tokens import token

DOMAIN = "chat.example.com"


class Proxy:
    """A proxy that listens with TLS on ``port`` and without on ``plain_port``."""

    def __init__(self, server: Server, port: int, plain_port: int, trust: ssl.SSLContext) -> None:
        self.server = server
        self.port = port
        self.plain_port = plain_port
        self._trust = trust

    def socket(self, path: str, *, origin: str = f"https://{DOMAIN}") -> ClientConnection:
        headers = {"Authorization": f"Bearer {token('ada', '*')}"}
        return connect(
            f"wss://{DOMAIN}{path}",
            sock=self._dialled(),
            ssl=self._trust,
            server_hostname=DOMAIN,
            origin=Origin(origin),
            additional_headers=headers,
        )

    def request(
        self, method: str, path: str, body: object = None, *, source: str = "127.0.0.1", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self._trust, timeout=20)
        connection.sock = self._trust.wrap_socket(self._dialled(source), server_hostname=DOMAIN)
        connection.request(
            method, path, json.dumps(body) if body else None, {"Host": DOMAIN, "Content-Type": "application/json", **headers}
        )
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def _dialled(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def plain(self, path: str) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=20)
        connection.request("GET", path, headers={"Host": DOMAIN})
        answer = connection.getresponse()
        found = answer.status, answer.getheader("Location")
        connection.close()
        return found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    folder = tmp_path_factory.mktemp("certificate")
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    subject = ["-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subprocess.run(["openssl", "req", "-x509", *kind, *subject, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Proxy]:
    program = shutil.which(request.param, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip(f"there is no {request.param} here")
    folder = tmp_path_factory.mktemp(request.param)
    environment = {"ROOMS_PUBLIC_URL": f"https://{DOMAIN}", "ROOMS_TRUSTED_PROXIES": "127.0.0.1", "ROOMS_CONNECTIONS_PER_USER_MAX": "10"}
    with ExitStack() as stack:
        server = stack.enter_context(Server(folder, carrier="hub", env=environment))
        trust = ssl.create_default_context(cafile=str(certificate[0]))
        proxy = Proxy(server, free_port(), free_port(), trust)
        stack.enter_context({"nginx": nginx, "caddy": caddy}[request.param](program, folder, proxy, certificate))
        yield proxy


@contextmanager
def nginx(program: str, folder: Path, proxy: Proxy, certificate: tuple[Path, Path]) -> Iterator[None]:
    site = (ROOT / "deploy/nginx/rooms.conf").read_text()
    for old, new in [
        ("/etc/letsencrypt/live/chat.example.com/fullchain.pem", str(certificate[0])),
        ("/etc/letsencrypt/live/chat.example.com/privkey.pem", str(certificate[1])),
        ("server 127.0.0.1:8080;", f"server {proxy.server.host};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{proxy.port} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{proxy.plain_port};"),
        ("listen [::]:443 ssl http2;", ""),
        ("listen [::]:80;", ""),
    ]:
        assert old in site, old
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    head = f"pid {folder}/nginx.pid; error_log stderr; daemon off; worker_processes 1; events {{ worker_connections 512; }}"
    (folder / "nginx.conf").write_text(f"{head}\nhttp {{ access_log off; {temporary}\ninclude {folder}/site.conf; }}\n")
    command = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    with running(command, proxy):
        yield


@contextmanager
def caddy(program: str, folder: Path, proxy: Proxy, certificate: tuple[Path, Path]) -> Iterator[None]:
    site = (ROOT / "deploy/caddy/Caddyfile").read_text()
    site = site.replace(
        "chat.example.com {", f"https://chat.example.com:{proxy.port} {{\n\tbind 127.0.0.1\n\ttls {certificate[0]} {certificate[1]}"
    )
    site = site.replace("reverse_proxy 127.0.0.1:8080", f"reverse_proxy {proxy.server.host}")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\thttp_port {proxy.plain_port}\n\thttps_port {proxy.port}\n}}\n\n{site}")
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running([program, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"], proxy, environment):
        yield


@contextmanager
def running(command: list[object], proxy: Proxy, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        with Crowd() as patience:
            patience.wait(lambda: process.poll() is not None or answers(proxy), "the proxy")
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(proxy: Proxy) -> bool:
    try:
        return proxy.request("GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_a_chat_goes_through(proxy: Proxy) -> None:
    with proxy.socket("/rooms/lobby/ws") as ada:
        assert json.loads(ada.recv(20))["type"] == "hello"
        ada.send(json.dumps({"type": "join", "data": {}}))
        assert json.loads(ada.recv(20))["type"] == "joined"
        ada.send(json.dumps({"type": "message", "data": {"message": "ä" * 3000, "cid": "1"}}))
        assert {json.loads(ada.recv(20))["type"], json.loads(ada.recv(20))["type"]} == {"ack", "message"}
        ada.send("ping")
        assert ada.recv(20) == "pong"


def test_a_page_of_another_site_is_refused_and_the_own_one_is_not(proxy: Proxy) -> None:
    with pytest.raises(InvalidStatus) as refused:
        proxy.socket("/rooms/lobby/ws", origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_the_page_and_the_api_go_through_and_cookies_are_for_tls_only(proxy: Proxy) -> None:
    status, headers, _ = proxy.request("GET", "/")
    assert (status, headers["strict-transport-security"]) == (200, "max-age=31536000")
    account = {"user": "bob", "full_name": "Bob", "password": "correct horse battery"}
    assert proxy.request("POST", "/api/accounts", account, Origin=f"https://{DOMAIN}")[0] == 201
    status, headers, _ = proxy.request("POST", "/api/sessions", {"user": "bob", "password": "correct horse battery"})
    assert status == 201
    assert "secure" in headers["set-cookie"].lower()
    assert proxy.request("POST", "/api/sessions", {"user": "bob", "password": "wrong"})[0] == 401


def test_what_strangers_need_not_see_is_not_there(proxy: Proxy) -> None:
    assert proxy.request("GET", "/metrics")[0] == 404
    assert proxy.request("GET", "/readyz")[0] == 404
    assert proxy.request("GET", "/healthz")[0] == 200


def test_plain_http_is_sent_to_tls(proxy: Proxy) -> None:
    status, location = proxy.plain("/rooms/lobby")
    assert status in (301, 308)
    assert location is not None
    assert location.startswith(f"https://{DOMAIN}")


def test_the_address_of_a_client_is_its_own_whatever_it_says(proxy: Proxy) -> None:
    """The server hears it from the proxy it trusts, and from nobody else."""
    wrong = {"user": "nobody", "password": "wrong"}
    status, _, _ = proxy.request("POST", "/api/sessions", wrong, source="127.0.0.2", **{"X-Forwarded-For": "192.0.2.9"})
    assert status == 401
    (line,) = [line for line in proxy.server.log().splitlines() if "sign_in_refused" in line and "nobody" in line]
    assert "127.0.0.2" in line
    assert "192.0.2.9" not in line
