"""A room in which something is said and kept: what chat rooms and private conversations share."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from rooms import Connection, Event, Identity, Refusal, Room, callable_from_rooms
from rooms.kinds.chat import cids, events, file_calls, files, history, reactions, receipts, retention
from rooms.kinds.chat.history import Found
from rooms.kinds.chat.pages import Pages
from rooms.kinds.chat.settings import ChatSettings

TABLES = (*history.TABLES, *cids.TABLES, *reactions.TABLES, *receipts.TABLES, *files.TABLES)


class Talk(Room):
    """Keeps ``TABLES``. What was said is told by ``announce``, and who asked is told by ``answer``: a kind says how."""

    envelopes = True
    light = True
    settings: ClassVar[ChatSettings] = ChatSettings()
    file_store: ClassVar[files.FileStore | None] = None

    @classmethod
    def limited(cls, settings: ChatSettings, file_store: files.FileStore | None = None) -> type[Self]:
        """The same with other limits and a place for files, to be registered as a kind."""
        own = {"settings": settings, "file_store": file_store, "__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), own)

    def open_history(self) -> None:
        """To be called by ``on_start``. Nothing is read before it is needed: a room may be woken by a mere goodbye."""
        self.history = history.History(self.name, self.epoch, self.storage)
        self.reactions = reactions.Reactions(self.storage)
        self.files = files.Files(self)
        self.pages = Pages(self.name, self.storage, self.reactions, self.files)
        self.cids = cids.Cids(self.storage)
        self.receipts = receipts.Receipts(self.storage)
        self.retention = retention.Retention(self)

    @callable_from_rooms
    async def may_upload(self, identity: dict[str, Any], size: int) -> dict[str, Any] | None:
        """A refusal, if a file of so many bytes could not be taken now."""
        return file_calls.may_upload(self, identity, size)

    @callable_from_rooms
    async def add_file(self, identity: dict[str, Any], upload: dict[str, Any]) -> dict[str, Any]:
        """Take a file in: its description and folder, or a refusal."""
        return file_calls.add_file(self, identity, upload)

    @callable_from_rooms
    async def file(self, identity: dict[str, Any], file_id: str) -> dict[str, Any]:
        """A file's description and folder, or a refusal."""
        return file_calls.file(self, identity, file_id)

    async def on_files_removed(self, ids: list[str]) -> None:
        """Files that were deleted are off the disk."""
        self.files.removed(ids)

    async def on_files_not_removed(self, error: Exception) -> None:
        """They are not."""
        self.files.not_removed()

    def refusal_to(self, who: Identity, *, speaks: bool) -> Refusal | None:
        """Why ``who`` may not see what is here, or (``speaks``) add to it."""
        raise NotImplementedError

    def announce(self, event: Event) -> None:
        """Let everybody hear of it whom it concerns, the one who caused it too."""
        self.broadcast(event)

    def answer(self, connection: Connection, event: Event) -> None:
        """Tell whoever asked."""
        connection.send(event)

    def acknowledge(self, connection: Connection, ref: events.Ref, **facts: Any) -> None:
        """Tell whoever asked, and wants to know, that it is done."""
        if ref is not None:
            self.answer(connection, events.ack(self.name, ref, **facts))

    def name_of(self, connection: Connection) -> str:
        """The display name of whoever is at ``connection``."""
        return connection.identity.name

    def may_change(self, connection: Connection, found: Found) -> bool:
        """Whether whoever is at ``connection`` may edit and delete the message: its sender may."""
        return found.sender == connection.user

    def forget_text(self, seq: int) -> None:
        """The text of a message was replaced or taken away: it is to leave the disk."""
        self.storage.forget_deleted()

    @property
    def is_big(self) -> bool:
        """Whether so many users are here that their coming, going, typing and reading is not told."""
        return False

    @property
    def history_days(self) -> int:
        """How many days this room wants its messages kept; 0 as long as the server does."""
        return 0
