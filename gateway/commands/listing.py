"""``rooms list``: every room of the folder, as it is found."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.commands.output import print_json, print_row, size_text, time_text
from gateway.commands.rooms import checked_kind, readable
from gateway.setting_values import INNER_KINDS
from storage import RoomListing, list_rooms

_HEADER = ("NAME", "KIND", "MESSAGES", "SIZE", "LAST ACTIVITY")
_WIDTHS = (24, 12, 8, 10, 24)


def listing(
    *,
    kind: Annotated[str | None, Parameter(help="Only rooms of this kind.")] = None,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """List the rooms that keep something: name, kind, messages, size, last activity. Those without an address only by their kind."""
    folder = settings_of(data, config).data
    chosen = None if kind is None else checked_kind(kind)
    with readable():
        shown = (room for room in list_rooms(folder, chosen) if chosen is not None or room.key.kind not in INNER_KINDS)
        for number, room in enumerate(shown):
            if json:
                print_json(_object(room))
                continue
            if number == 0:
                print_row(_HEADER, _WIDTHS)
            print_row(_cells(room), _WIDTHS)
    return 0


def _cells(room: RoomListing) -> tuple[str, ...]:
    last = time_text(room.last_active_ms or None) if room.state != "set_aside" else f"set aside: {room.reason}"
    messages = "-" if room.messages is None else str(room.messages)
    return room.key.name, room.key.kind, messages, size_text(room.size_bytes), last


def _object(room: RoomListing) -> dict[str, Any]:
    return {
        "name": room.key.name,
        "kind": room.key.kind,
        "messages": room.messages,
        "size_bytes": room.size_bytes,
        "last_activity": time_text(room.last_active_ms) if room.last_active_ms else None,
        "state": room.state,
        "reason": room.reason,
    }
