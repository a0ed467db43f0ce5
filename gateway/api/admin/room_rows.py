"""How one room stands, as a line of the list and as the head of its page."""

from __future__ import annotations

from gateway.http.description import Json
from rooms import RoomFacts, RoomKey, State
from storage import Footprint, RegistryRow, RoomView

STATE_NAMES = {State.AWAKE: "awake", State.HIBERNATED: "hibernating", State.QUARANTINED: "quarantined", State.EVICTED: "asleep"}

EXAMPLE: Json = {
    "kind": "rooms",
    "name": "lobby",
    "state": "awake",
    "reason": None,
    "sockets": 3,
    "online": 2,
    "mailbox": 0,
    "size_bytes": 40_960,
    "last_active_ms": 1_795_200_000_000,
    "alarm_ms": None,
    "tells_wait": False,
    "quarantined_until_ms": None,
}


def state_name(facts: RoomFacts) -> str:
    """One word. A room that is damaged or failing is called so wherever else it is."""
    if facts.set_aside is not None:
        return "set_aside"
    return "quarantined" if facts.quarantined_seconds is not None else STATE_NAMES[facts.state]


def room_row(facts: RoomFacts, row: RegistryRow | None, footprint: Footprint, now_ms: int) -> Json:
    """One line. Times are Unix milliseconds; what is not known is ``None``."""
    quarantined = facts.quarantined_seconds
    return {
        "kind": facts.key.kind,
        "name": facts.key.name,
        "state": state_name(facts),
        "reason": facts.set_aside,
        "sockets": facts.connections,
        "online": facts.online,
        "mailbox": facts.mailbox_messages,
        "size_bytes": footprint.size_bytes,
        "last_active_ms": footprint.last_active_ms or None,
        "alarm_ms": row.alarm_ms if row is not None else None,
        "tells_wait": row is not None and row.tells_wait,
        "quarantined_until_ms": None if quarantined is None else now_ms + round(quarantined * 1_000),
    }


def room_detail(view: RoomView) -> Json:
    """What the room's file adds, brought forward by the journal."""
    tables = view.tables()
    return {
        "epoch": view.epoch,
        "turns": view.number,
        "journaled": view.journaled,
        "keys": view.keys(),
        "tables": tables,
        "unsent_tells": view.unsent_tells(),
        "alarm": None if view.alarm is None else {"at_ms": view.alarm.at_ms, "tries": view.alarm.tries},
        "file": str(view.path),
        "has_history": "messages" in tables,
    }


def no_detail(_key: RoomKey) -> Json:
    """Of a room that has nothing on the disk, or whose file cannot be read."""
    return {
        "epoch": None,
        "turns": None,
        "journaled": None,
        "keys": None,
        "tables": {},
        "unsent_tells": None,
        "alarm": None,
        "file": None,
        "has_history": False,
    }
