"""What has to do with chat rooms beyond their sockets: made once, for the door, the sessions and the REST interface."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.auth.room_grants import RoomGrants, Rooms
from gateway.edge.containment import Log
from gateway.endings import Endings
from gateway.files.files import Files
from gateway.room_codes import RoomCodes
from gateway.session.bans import Bans
from gateway.session.registry import Registry


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatServices:
    """The parts."""

    grants: RoomGrants
    bans: Bans
    endings: Endings
    codes: RoomCodes
    files: Files


def chat_services(rooms: Rooms, registry: Registry, files: Files, secret: str, log: Log) -> ChatServices:
    """Nothing of it runs yet: ``endings.load`` comes before admissions, ``endings.run``, ``grants.run`` and ``bans.run`` beside them."""
    return ChatServices(
        grants=RoomGrants(rooms, registry, log),
        bans=Bans(rooms),
        endings=Endings(rooms, files, log),
        codes=RoomCodes(secret.encode()),
        files=files,
    )
