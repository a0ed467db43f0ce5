"""A request head as a value: what was asked, before anything decides about it. Pure.

The edge makes it of what h11 parsed, so its parts are well-formed: the target is printable ASCII without spaces,
names are lower case, values have no line breaks, and an HTTP/1.1 head has exactly one ``Host``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Header = tuple[bytes, bytes]
"""One header: its name in lower case and its value, both as they came over the wire."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The method, target, headers (in order, repeats kept) and HTTP version (``"1.1"`` or ``"1.0"``) of one request."""

    method: str
    target: str
    headers: Sequence[Header]
    http_version: str = "1.1"

    def get(self, name: bytes) -> bytes | None:
        """The value of the first header called ``name`` (lower case), or ``None``."""
        for header, value in self.headers:
            if header == name:
                return value
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """The values of every header called ``name`` (lower case), in order."""
        return [value for header, value in self.headers if header == name]

    def tokens(self, name: bytes) -> list[str]:
        """The comma-separated items of every header called ``name``, stripped, in order, their case kept; bytes read as Latin-1."""
        items = ",".join(value.decode("latin-1") for value in self.get_all(name)).split(",")
        return [item.strip(" \t") for item in items if item.strip(" \t")]

    @property
    def path(self) -> str:
        """The target's path as it was sent, percent-encoding and all; of ``http://host/path`` (RFC 9112 §3.2.2) the path alone."""
        return self._path_and_query[0]

    @property
    def query(self) -> str:
        """What follows the first ``?`` of the target, as it was sent; empty if there is none."""
        return self._path_and_query[1]

    @property
    def _path_and_query(self) -> tuple[str, str]:
        path, _, query = self.target.partition("?")
        if not path.startswith("/") and "://" in path:
            path = _path_of(path)
        return path, query


def _path_of(url: str) -> str:
    """The path of an absolute address, ``/`` if it has none or cannot be read."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
