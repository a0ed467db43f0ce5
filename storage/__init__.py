"""What a room keeps on disk: files, keys and tables, the journal, recovery, inspection. Blocking; knows no rooms and no sockets."""

from storage.backup import back_up
from storage.checking import Fault, check_folder
from storage.disk import make_folders
from storage.errors import (
    AlarmRefused,
    BackupFailed,
    BackupUnusable,
    FolderInUse,
    FolderUnusable,
    JournalFull,
    KeyTooLarge,
    MigrationFailed,
    NoHistory,
    NotStorable,
    RoomDestroyed,
    RoomSetAside,
    RoomUnknown,
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
from storage.footprint import FolderFootprint, Footprint, folder_footprint, footprints
from storage.host import Host, RegistryRow
from storage.inspection import RoomListing, inspect_room, list_rooms, read_history
from storage.journal import Journal
from storage.keys import RoomKey
from storage.manifest import LeftOut, Manifest
from storage.record import Alarm, Record
from storage.restoration import restore
from storage.room_file import RoomFile
from storage.room_storage import RoomStorage
from storage.settings import StorageSettings
from storage.tables import Migrations
from storage.tells import Tell, Tells
from storage.values import decode_value, encode_value
from storage.view import RoomView, Undecodable

__all__ = [
    "Alarm",
    "AlarmRefused",
    "BackupFailed",
    "BackupUnusable",
    "DataFolder",
    "Fault",
    "FolderFootprint",
    "FolderInUse",
    "FolderUnusable",
    "Footprint",
    "Host",
    "Journal",
    "JournalFull",
    "KeyTooLarge",
    "LeftOut",
    "Manifest",
    "MigrationFailed",
    "Migrations",
    "NoHistory",
    "NotStorable",
    "Record",
    "RegistryRow",
    "RoomDestroyed",
    "RoomFile",
    "RoomKey",
    "RoomListing",
    "RoomSetAside",
    "RoomStorage",
    "RoomUnknown",
    "RoomView",
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
    "Undecodable",
    "ValueTooLarge",
    "back_up",
    "check_folder",
    "decode_value",
    "encode_value",
    "folder_footprint",
    "footprints",
    "inspect_room",
    "list_rooms",
    "make_folders",
    "read_history",
    "restore",
]
