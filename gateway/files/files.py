"""The files of all rooms, for who must not block: the store's calls in a worker thread."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import trio

from gateway.files.store import FileStore


class Files:
    """Every call may raise ``OSError``."""

    def __init__(self, store: FileStore) -> None:
        self.store = store

    async def begin(self, name: str) -> BinaryIO:
        """As ``FileStore.begin``."""
        return await trio.to_thread.run_sync(self.store.begin, name)

    async def keep(self, name: str, folder: str, file_id: str) -> None:
        """As ``FileStore.keep``. Begun, it is finished."""
        await trio.to_thread.run_sync(partial(self.store.keep, name, folder, file_id))

    async def drop(self, name: str) -> None:
        """As ``FileStore.drop``, also for whoever is being cancelled."""
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(self.store.drop, name)

    async def read(self, folder: str, file_id: str) -> BinaryIO:
        """As ``FileStore.read``."""
        return await trio.to_thread.run_sync(self.store.read, folder, file_id)

    async def remove_folder(self, folder: str) -> None:
        """As ``FileStore.remove_folder``."""
        await trio.to_thread.run_sync(self.store.remove_folder, folder)
