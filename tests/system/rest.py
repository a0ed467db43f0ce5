"""A caller of the REST interface by token: any program that is no browser."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.system.described import as_described
from tests.system.server import Server

_CLIENT = httpx2.Client(timeout=30, trust_env=False)
"""One for all callers: making one takes longer than most requests. It keeps no cookie that matters, since callers come by token."""


@dataclass
class Caller:
    """Shows ``token`` with every request; ``None`` shows nothing."""

    server: Server
    token: str | None

    @property
    def bearer(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}

    def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> httpx2.Response:
        sent = {**self.bearer, **(headers or {})}
        response = _CLIENT.request(method, f"http://{self.server.host}{path}", headers=sent, **body)
        otherwise = as_described(method, path.partition("?")[0], response)
        assert not otherwise, f"{method} {path} is not as described: {otherwise}"
        return response

    def raw(self, method: str, path: str) -> tuple[int, bytes]:
        """The path exactly as it stands here."""
        return self.server.get(path, self.bearer, method)

    def upload_head(self, room: str, size: int) -> bytes:
        """The beginning of an upload of ``size`` bytes, up to where the file's own begin."""
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="slow.bin"\r\n\r\n'
        lines = [
            f"POST /api/rooms/{room}/files HTTP/1.1",
            f"Host: {self.server.host}",
            f"Authorization: Bearer {self.token}",
            "Content-Type: multipart/form-data; boundary=x",
            f"Content-Length: {len(part) + size + 9}",  # the end of the form has 9 bytes
        ]
        return "\r\n".join([*lines, "", ""]).encode() + part

    def unframed_upload(self, room: str, content: bytes) -> tuple[int, bytes]:
        """An upload that does not say beforehand how long it is."""

        def pieces() -> Iterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="chunked.bin"\r\n\r\n'
            for at in range(0, len(content), 65_536):
                yield content[at : at + 65_536]
            yield b"\r\n--x--\r\n"

        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {**self.bearer, "content-type": "multipart/form-data; boundary=x"}
        try:
            connection.request("POST", f"/api/rooms/{room}/files", pieces(), headers, encode_chunked=True)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
