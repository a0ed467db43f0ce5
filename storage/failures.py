"""What an error of SQLite means to the author of a room. Pure."""

from __future__ import annotations

import apsw

from storage.errors import RoomSetAside, SqlFailed, SqlRefused, SqlTimeout, StorageError, StorageFull, ValueTooLarge
from storage.keys import RoomKey


def translated(error: apsw.Error, key: RoomKey, statement: str, *, refusal: str, row_bytes_max: int) -> StorageError:
    """The typed error for ``error``; ``refusal`` is what the guard said last."""
    match error:
        case apsw.ConstraintError():
            return SqlFailed(str(error), statement, constraint=True)
        case apsw.AuthError():
            return SqlRefused(refusal or str(error), statement)
        case apsw.InterruptError():
            return SqlTimeout(statement)
        case apsw.FullError():
            return StorageFull(f"no space for {key}: {error}")
        case apsw.TooBigError():
            return ValueTooLarge(None, row_bytes_max)
        case apsw.CorruptError() | apsw.NotADBError():
            return RoomSetAside(key, str(error))
        case _:
            return SqlFailed(str(error), statement)


def dooms(error: apsw.Error) -> bool:
    """Whether a turn that met ``error`` can no longer end well, even if its author goes on."""
    return isinstance(error, apsw.InterruptError | apsw.FullError | apsw.IOError | apsw.NoMemError | apsw.CorruptError | apsw.NotADBError)
