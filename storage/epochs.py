"""Which history of a room's name it is. Pure."""

from __future__ import annotations

from hashlib import blake2b

from storage.keys import RoomKey


def epoch_of(folder_id: str, key: RoomKey, generation: int) -> str:
    """16 hex digits that no other folder, name or generation has. ``generation`` counts the name's destructions."""
    text = f"{folder_id}/{key.kind}/{key.name}/{generation}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def renewed_epoch(epoch: str, salt: str) -> str:
    """The epoch that follows ``epoch`` when its room is restored. ``salt`` is that of the one restore, and random."""
    return blake2b(f"{salt}/{epoch}".encode(), digest_size=8).hexdigest()
