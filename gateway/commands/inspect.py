"""``rooms inspect``: what a room keeps."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

from cyclopts import Parameter

from gateway.commands.flags import Config, Data, Json, Kind, settings_of
from gateway.commands.output import jsonable, print_json, print_line, print_row, size_text, time_text
from gateway.commands.rooms import readable, room_key
from storage import RoomView, inspect_room

VALUE_CHARACTERS_MAX = 200
"""How much of a value is shown without ``--json``."""
_WIDTHS = (16, 0)


def inspect(
    name: Annotated[str, Parameter(help="The room.")],
    /,
    *,
    kind: Kind = "rooms",
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Print a room's epoch, sizes, alarm and tables, then its keys with their values."""
    folder, key = settings_of(data, config).data, room_key(kind, name)
    with readable(), inspect_room(folder, key) as view:
        facts = _facts(view)
        if json:
            print_json(facts)
        else:
            _print_facts(view, facts)
        for each, value in view.values():
            if json:
                print_json({"key": each, "value": value})
            else:
                print_row((each, _shown(value)), _WIDTHS)
    return 0


def _facts(view: RoomView) -> dict[str, Any]:
    alarm = view.alarm
    return {
        "name": view.key.name,
        "kind": view.key.kind,
        "file": str(view.path),
        "epoch": view.epoch,
        "turns": view.number,
        "journaled": view.journaled,
        "size_bytes": view.size_bytes,
        "last_activity": time_text(view.last_active_ms) if view.last_active_ms else None,
        "alarm": None if alarm is None else {"at": time_text(alarm.at_ms), "tries": alarm.tries},
        "unsent_tells": view.unsent_tells(),
        "tables": view.tables(),
        "keys": view.keys(),
    }


def _print_facts(view: RoomView, facts: dict[str, Any]) -> None:
    alarm = view.alarm
    for name, value in (
        ("room", f"{view.key.name}, of kind {view.key.kind}"),
        ("file", facts["file"]),
        ("epoch", view.epoch),
        ("turns", f"{view.number}, of which {view.journaled} are in the journal only"),
        ("size", size_text(view.size_bytes)),
        ("last activity", facts["last_activity"] or "-"),
        ("alarm", "-" if alarm is None else f"{time_text(alarm.at_ms)}, {alarm.tries} failed tries"),
        ("unsent tells", str(facts["unsent_tells"])),
        ("tables", ", ".join(f"{table} ({rows} rows)" for table, rows in facts["tables"].items()) or "-"),
        ("keys", str(facts["keys"])),
    ):
        print_row((name, value), _WIDTHS)
    if facts["keys"]:
        print_line("")


def _shown(value: Any) -> str:
    text = json_module.dumps(value, ensure_ascii=False, default=jsonable)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "…"
