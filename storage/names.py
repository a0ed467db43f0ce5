"""Where a room's file lies: names that any file system can hold. Pure.

``rooms/<kind>/<xx>/<name>.sqlite3`` where ``xx`` begins the SHA-256 of the name. In ``<name>`` everything but
``a-z 0-9 - _`` is percent-encoded (capitals too, so that names that differ only by case never meet on a file system that
ignores case). A name that would be longer than 160 bytes is cut and ends in ``~`` and 32 hex digits of the hash;
``~`` is never the outcome of encoding. The full name is inside the file.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from urllib.parse import unquote_to_bytes

from storage.keys import RoomKey

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
_ENCODED = [chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in range(256)]
_STEM_BYTES_MAX = 160

DATABASE_SUFFIX = ".sqlite3"


def room_path(key: RoomKey) -> str:
    """The room's database, relative to the data folder. No part is longer than 200 bytes, with the suffixes of its companions."""
    digest = hashlib.sha256(key.name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"rooms/{key.kind}/{digest[:2]}/{_stem(key.name, digest)}{DATABASE_SUFFIX}"


def key_of(path: PurePath) -> RoomKey | None:
    """Whose file ``path`` is, by its name; None if the name was cut, or is not one that ``room_path`` makes."""
    encoded = unquote_to_bytes(path.name.removesuffix(DATABASE_SUFFIX))
    try:
        key = RoomKey(path.parent.parent.name, encoded.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return None
    return key if path.match(room_path(key)) else None


def _stem(name: str, digest: str) -> str:
    encoded = "".join([_ENCODED[byte] for byte in name.encode("utf-8", "surrogatepass")])
    if len(encoded) <= _STEM_BYTES_MAX:
        return encoded
    return f"{encoded[: _STEM_BYTES_MAX - 33]}~{digest[:32]}"
