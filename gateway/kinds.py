"""Which kinds of rooms this server serves: the chat, what ``--kind`` or ``rooms.toml`` add, and those that serve inside."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Sequence

from gateway.files.store import FileStore
from gateway.routes import CHAT, DEVICES
from gateway.settings import SettingError, Settings
from rooms import Kind, Room
from rooms.kinds.chat import ChatRoom, ChatSettings
from rooms.kinds.devices import DeviceRoom
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.private import PrivateRoom
from rooms.kinds.users import PRIVATE, USERS, UserRoom
from storage import Migrations


def inner_kinds(settings: Settings) -> list[Kind]:
    """Those that have no address: only rooms and the gateway call them."""
    private = PrivateRoom.limited(_chat_settings(settings), FileStore(settings.data))
    return [Kind(USERS, UserRoom), Kind(PRIVATE, private), Kind(DIRECTORY.kind, DirectoryRoom)]


def kinds_of(settings: Settings) -> dict[str, Kind]:
    """Every kind that has an address, by its name. Imports authors' modules. Raises ``SettingError`` saying which cannot be had and why."""
    found = {CHAT: Kind(CHAT, ChatRoom.limited(_chat_settings(settings), FileStore(settings.data))), DEVICES: Kind(DEVICES, DeviceRoom)}
    _append_current_folder()
    for name, where in settings.kinds:
        found[name] = Kind(name, _room_class(name, where))
    return found


def migrations_of(kinds: Iterable[Kind]) -> dict[str, Migrations]:
    """The tables that each kind declares, as storage wants them."""
    return {kind.name: kind.room_class.migrations for kind in kinds}


def derived_of(kinds: Iterable[Kind]) -> dict[str, Sequence[str]]:
    """The derived tables that each kind declares, as storage wants them."""
    return {kind.name: kind.room_class.derived for kind in kinds}


def _chat_settings(settings: Settings) -> ChatSettings:
    """The limits of what is kept."""
    return ChatSettings(
        history_messages_max=settings.history_messages_max,
        history_days_max=settings.history_days_max,
        presence_users_max=settings.presence_users_max,
        room_files_max=settings.room_files_max,
        room_files_bytes_max=settings.room_files_bytes_max,
        unsent_file_seconds=settings.unsent_file_seconds,
    )


def _append_current_folder() -> None:
    """Authors' modules lie where the server is started. Last in the path, so that a file there shadows no library."""
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.append(folder)


def _room_class(name: str, where: str) -> type[Room]:
    module_name, _, class_name = where.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(error.name + ".")):
            raise SettingError(f"kind {name}: {module_name} needs a module that is not installed: {error.name}") from error
        raise SettingError(f"kind {name}: there is no module {module_name} in the current folder or the installed packages") from error
    except (ImportError, SyntaxError) as error:
        raise SettingError(f"kind {name}: {module_name} cannot be imported: {error}") from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not issubclass(found, Room):
        raise SettingError(f"kind {name}: {where} is no class of rooms: it has to derive from rooms.Room")
    return found
