"""What a room keeps on disk: files, keys and tables, the journal, recovery, inspection. Blocking; knows no rooms and no sockets."""

from storage.errors import (
    AlarmRefused,
    FolderInUse,
    FolderUnusable,
    JournalFull,
    KeyTooLarge,
    MigrationFailed,
    NotStorable,
    RoomDestroyed,
    RoomSetAside,
    SqlFailed,
    SqlRefused,
    SqlTimeout,
    StorageError,
    StorageFull,
    SyncFailed,
    TooManyKeys,
    TooManyRows,
    TurnTooLarge,
    ValueTooLarge,
)
from storage.folder import DataFolder
from storage.host import Host, RegistryRow
from storage.journal import Journal
from storage.keys import RoomKey
from storage.record import Alarm, Record
from storage.room_file import RoomFile
from storage.room_storage import RoomStorage
from storage.settings import StorageSettings
from storage.tables import Migrations
from storage.tells import Tell, Tells
from storage.values import decode_value, encode_value

__all__ = [
    "Alarm",
    "AlarmRefused",
    "DataFolder",
    "FolderInUse",
    "FolderUnusable",
    "Host",
    "Journal",
    "JournalFull",
    "KeyTooLarge",
    "MigrationFailed",
    "Migrations",
    "NotStorable",
    "Record",
    "RegistryRow",
    "RoomDestroyed",
    "RoomFile",
    "RoomKey",
    "RoomSetAside",
    "RoomStorage",
    "SqlFailed",
    "SqlRefused",
    "SqlTimeout",
    "StorageError",
    "StorageFull",
    "StorageSettings",
    "SyncFailed",
    "Tell",
    "Tells",
    "TooManyKeys",
    "TooManyRows",
    "TurnTooLarge",
    "ValueTooLarge",
    "decode_value",
    "encode_value",
]
