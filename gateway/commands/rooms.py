"""Which room a command is about, and what the folder's errors mean to who typed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.commands.errors import CommandError, CommandFailed
from gateway.names import is_kind, name_of
from rooms.kinds.users import PRIVATE, conversation_of
from storage import BackupFailed, BackupUnusable, FolderInUse, FolderUnusable, NoHistory, RoomKey, RoomUnknown, StorageError, StorageFull


def room_key(kind: str, name: str) -> RoomKey:
    """The room meant by the words of a command, ``ada/bob`` being a conversation. Raises ``CommandError`` if no room can be called so."""
    normal = _conversation(name) if kind == PRIVATE else name_of(name)
    if normal is None:
        raise CommandError(f"no room can be called {name!r}: 1 to 128 characters, no / and no *, no control characters")
    return RoomKey(checked_kind(kind), normal)


def _conversation(name: str) -> str | None:
    """The name of the conversation of two users, in either order."""
    first, _, second = name.partition("/")
    users = name_of(first), name_of(second)
    return None if None in users else conversation_of(*filter(None, users)).name


def checked_kind(kind: str) -> str:
    """``kind``, if one can be called so. Raises ``CommandError``."""
    if not is_kind(kind):
        raise CommandError(f"no kind can be called {kind!r}: small letters, digits and -, at most 32, a letter first")
    return kind


@contextmanager
def readable(advice: str = "") -> Iterator[None]:
    """Turns what storage says into a sentence that says what to do; ``advice``: with a folder that is no good for a backup."""
    try:
        yield
    except FolderUnusable as error:
        raise CommandError(f"{error}. Say where with --data, or start a server there first") from error
    except FolderInUse as error:
        raise CommandError(f"{error}. Stop it first, or say another folder with --data") from error
    except BackupUnusable as error:
        raise CommandError(f"{error}. {advice}" if advice else str(error)) from error
    except BackupFailed as error:
        raise CommandFailed(f"{error}. The backup is half made: delete it") from error
    except StorageFull as error:
        raise CommandFailed(f"{error}. What was written is of no use: delete it") from error
    except RoomUnknown as error:
        raise CommandError(f"{error}; `rooms list` shows which there are, and --kind says which kind is meant") from error
    except NoHistory as error:
        raise CommandError(f"{error}; `rooms inspect` shows what it keeps") from error
    except StorageError as error:
        raise CommandFailed(f"{error}; `rooms check` says what is wrong") from error
