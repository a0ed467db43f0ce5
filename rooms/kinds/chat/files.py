"""Files that were uploaded to the room: whose they are, what they are, and which message shows them.

The bytes lie outside, in a ``FileStore``; the room alone knows which of them are wanted. A row comes before its file, and goes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from rooms import Refusal

if TYPE_CHECKING:
    from rooms.kinds.chat.talk import Talk

TABLES = (
    """CREATE TABLE files (
        id TEXT PRIMARY KEY,
        uploader TEXT NOT NULL,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        width INTEGER,
        height INTEGER,
        time_ms INTEGER NOT NULL,
        message INTEGER
    ) WITHOUT ROWID""",
    "CREATE INDEX files_by_message ON files(message, time_ms)",
)
"""``message`` is the seq of the message that shows the file, NULL if none does yet, -1 if the file is to leave the disk."""

UNSENT_MAX = 50
"""Files of one user that no message shows yet."""

REMOVED_AT_ONCE = 500
RETRY_SECONDS = 20.0
"""How long deleted files may stay on the disk when removing them failed, or the process ended first."""

FILE_NOT_FOUND = Refusal("not_found", "File not found")
IN_A_MESSAGE = Refusal("conflict", "The file is in a message already")
TOO_MANY_UNSENT = Refusal("too_large", "Send the files that were uploaded before: too many are in no message")
ROOM_FULL = Refusal("storage_full", "The room has as many files as it may have")

_ADD = "INSERT INTO files (id, uploader, name, type, size_bytes, width, height, time_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = "id, name, type, size_bytes, width, height"
_ONE = f"SELECT {_COLUMNS}, uploader, message FROM files WHERE id = ? AND message IS NOT -1"
_SOME = "SELECT id, uploader, message FROM files WHERE id IN (SELECT value FROM json_each(?)) AND message IS NOT -1"
_SHOWN = f"SELECT message, {_COLUMNS} FROM files WHERE message IN (SELECT value FROM json_each(?))"
_SHOW = "UPDATE files SET message = ? WHERE id IN (SELECT value FROM json_each(?))"
_KEPT = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM files"
_UNSENT = "SELECT count(*) FROM files WHERE message IS NULL AND uploader = ?"
_OLDEST_UNSENT = "SELECT min(time_ms) FROM files WHERE message IS NULL"
_TAKE = "UPDATE files SET message = -1, name = ''"
_GONE = "SELECT id FROM files WHERE message = -1 LIMIT ?"
_REMOVED = "DELETE FROM files WHERE message = -1 AND id IN (SELECT value FROM json_each(?))"
_KEY = "files"


class FileStore(Protocol):
    """Where the bytes are."""

    def remove(self, folder: str, ids: Sequence[str]) -> None:
        """Delete files; those that are not there are no mistake. Blocking. Raises ``OSError``."""


class Upload(msgspec.Struct, frozen=True):
    """What came: its name as the uploader calls it, its type as its content shows."""

    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None


class Files:
    """The table ``files`` and the key ``files``: the name of the folder."""

    def __init__(self, chat: Talk) -> None:
        self._chat = chat
        self._storage = chat.storage
        self._is_removing = False

    @property
    def folder(self) -> str:
        """Where the files of this history are; another one after the room was ended."""
        folder: str | None = self._storage.get(_KEY)
        if folder is None:
            folder = self._chat.new_id()
            self._storage.put(_KEY, folder)
        return folder

    @property
    def has_folder(self) -> bool:
        """Whether any file was ever taken."""
        return self._storage.get(_KEY) is not None

    def are_in(self, folder: str) -> bool:
        """Whether this is the history whose files are there."""
        return bool(self._storage.get(_KEY) == folder)

    def refusal(self, user: str, size: int) -> Refusal | None:
        """Why a file of so many bytes of this user cannot be taken."""
        settings = self._chat.settings
        [(count, size_bytes)] = self._storage.sql(_KEPT)
        if count >= settings.room_files_max or size_bytes + size > settings.room_files_bytes_max:
            return ROOM_FULL
        [(unsent,)] = self._storage.sql(_UNSENT, user)
        return TOO_MANY_UNSENT if unsent >= UNSENT_MAX else None

    def add(self, user: str, upload: Upload) -> str:
        """Keep what is to be known of a file; its id. Without a message it is deleted after a while."""
        file_id = self._chat.new_id()
        now_ms = self._chat.now_ms
        self._storage.sql(_ADD, file_id, user, upload.name, upload.type, upload.size, upload.width, upload.height, now_ms)
        self._chat.retention.due(now_ms + self._unsent_ms)
        return file_id

    def find(self, file_id: str) -> tuple[dict[str, Any], str, bool] | None:
        """The file's description, whose it is, and whether a message shows it."""
        for *described, uploader, message in self._storage.sql(_ONE, file_id):
            return _described(described), uploader, message is not None
        return None

    def refusal_to_show(self, user: str, ids: Sequence[str]) -> Refusal | None:
        """Why a message of ``user`` cannot show these files: only the user's own of this room, each once."""
        found = {file_id: (uploader, message) for file_id, uploader, message in self._storage.sql(_SOME, _json(ids))}
        if any(file_id not in found or found[file_id][0] != user for file_id in ids):
            return FILE_NOT_FOUND
        if len(found) < len(ids) or any(message is not None for _, message in found.values()):
            return IN_A_MESSAGE
        return None

    def show(self, message: dict[str, Any], ids: Sequence[str]) -> None:
        """The message, which is kept, shows these files, which it may."""
        self._storage.sql(_SHOW, message["seq"], _json(ids))
        self.put_on([message])

    def put_on(self, messages: Sequence[dict[str, Any]]) -> None:
        """Give messages that show files their ``attachments``, in the order of their ``files``."""
        seqs = [message["seq"] for message in messages if "files" in message]
        if not seqs:
            return
        files: dict[int, dict[str, Any]] = {}
        for seq, *described in self._storage.sql(_SHOWN, _json(seqs)):
            files.setdefault(seq, {})[described[0]] = _described(described)
        for message in messages:
            found = files.get(message["seq"], {})
            if found:
                message["attachments"] = [found[file_id] for file_id in message["files"] if file_id in found]

    def deleted(self, seq: int) -> None:
        """The message is deleted: its files go with it."""
        self._take("message = ?", seq)

    def trimming(self, seq: int) -> None:
        """Messages up to ``seq`` are trimmed."""
        self._take("message BETWEEN 1 AND ?", seq)

    def on_alarm(self) -> int | None:
        """Take what no message ever showed, and remove again what could not be removed. When there is more to do."""
        self._take("message IS NULL AND time_ms <= ?", self._chat.now_ms - self._unsent_ms)
        self.remove()
        [(oldest_ms,)] = self._storage.sql(_OLDEST_UNSENT)
        dues = [] if oldest_ms is None else [oldest_ms + self._unsent_ms]
        if self._some_gone():
            dues.append(self._retry_ms)
        return min(dues, default=None)

    def remove(self) -> None:
        """Delete from the disk what is gone, behind this turn."""
        gone = self._some_gone()
        if not gone or self._is_removing:
            return
        store = self._chat.file_store
        if store is None:
            self.removed(gone)
            return
        self._is_removing = True
        self._chat.background(remove, store, self.folder, gone, then=self._chat.on_files_removed, failed=self._chat.on_files_not_removed)

    def removed(self, ids: Sequence[str]) -> None:
        """These are off the disk."""
        self._is_removing = False
        self._storage.sql(_REMOVED, _json(ids))
        self.remove()

    def not_removed(self) -> None:
        """The disk would not let go of them: the alarm tries again."""
        self._is_removing = False
        self._chat.retention.due(self._retry_ms)

    def _take(self, which: str, bound: int) -> None:
        """Forget the files ``which``, and see to it that they leave the disk."""
        if not self._storage.sql(f"SELECT 1 FROM files WHERE {which} LIMIT 1", bound):
            return
        self._storage.sql(f"{_TAKE} WHERE {which}", bound)
        self._storage.forget_deleted()
        self._chat.retention.due(self._retry_ms)
        self.remove()

    def _some_gone(self) -> list[str]:
        return [file_id for (file_id,) in self._storage.sql(_GONE, REMOVED_AT_ONCE)]

    @cached_property
    def _unsent_ms(self) -> int:
        return int(self._chat.settings.unsent_file_seconds * 1000)

    @property
    def _retry_ms(self) -> int:
        return self._chat.now_ms + int(RETRY_SECONDS * 1000)


def remove(store: FileStore, folder: str, ids: list[str]) -> list[str]:
    """Delete them; which they were. Runs beside the room's turns. Raises ``OSError``."""
    store.remove(folder, ids)
    return ids


def _described(row: Sequence[Any]) -> dict[str, Any]:
    file_id, name, media_type, size, width, height = row
    described = {"id": file_id, "name": name, "type": media_type, "size": size}
    return described if width is None else {**described, "width": width, "height": height}


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(list(values)).decode()
