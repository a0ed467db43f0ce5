"""``rooms history``: what was said in a room, one message a line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gateway.commands.errors import CommandError
from gateway.commands.flags import Config, Data, Json, Kind, settings_of
from gateway.commands.output import print_json, print_line
from gateway.commands.rooms import readable, room_key
from storage import RoomKey, RoomUnknown, read_history

FOLLOW_SECONDS = 0.25
"""How often ``--follow`` looks whether the journal has grown."""


def history(
    name: Annotated[str, Parameter(help="The room.")],
    /,
    *,
    kind: Kind = "rooms",
    tail: Annotated[int | None, Parameter(help="Only the last so many.")] = None,
    follow: Annotated[bool, Parameter(negative=(), show_default=False, help="Go on with what is said from now on, until Ctrl-C.")] = False,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Print a room's messages, beside a running server or without one."""
    folder, key = settings_of(data, config).data, room_key(kind, name)
    if tail is not None and tail < 0:
        raise CommandError(f"--tail {tail} is below 0")
    with readable():
        rows = _followed(folder, key, tail) if follow else read_history(folder, key, tail=tail)
        for row in rows:
            if json:
                print_json(_object(row))
            else:
                print_line(_line(row))
            if follow:
                sys.stdout.flush()
    return 0


def _followed(folder: Path, key: RoomKey, tail: int | None) -> Iterator[dict[str, Any]]:
    """What there is, then what comes. A room that is not there yet is waited for."""
    seen, stamp = 0, None
    while True:
        now = _stamp(folder)
        if now != stamp:
            stamp = now
            with suppress(RoomUnknown):
                for row in read_history(folder, key, tail=tail, after=seen):
                    seen = row["seq"]
                    yield row
            tail = None if seen else tail
        time.sleep(FOLLOW_SECONDS)


def _stamp(folder: Path) -> list[tuple[str, int]]:
    """Changes whenever a turn is recorded: the names and times of the journal's segments."""
    found = []
    for path in sorted((folder / "journal").glob("*.journal")):
        with suppress(FileNotFoundError):  # retired meanwhile
            found.append((path.name, path.stat().st_mtime_ns))
    return found


def _line(row: Mapping[str, Any]) -> str:
    """``12  2026-11-20T20:07:00.123Z  Ada (alice): Hello``; the user in brackets if the name shown is another."""
    sender, name = row.get("sender", "-"), row.get("name") or row.get("sender", "-")
    who = name if name == sender else f"{name} ({sender})"
    text = "(deleted)" if row.get("deleted") else row.get("body", "")
    return f"{row['seq']:<5}  {row.get('time', '-')}  {who}: {text}"


def _object(row: Mapping[str, Any]) -> dict[str, Any]:
    """As the protocol names it. A room of another kind with a table ``messages`` has its own columns, shown as they are."""
    if "sender" not in row:
        return dict(row)
    required = {"seq": row["seq"], "id": row["id"], "time": row["time"], "from": row["sender"], "message": row["body"], "name": row["name"]}
    optional = {name: row[name] for name in ("cid", "reply_to", "changed") if row.get(name) is not None}
    flags = {name: True for name in ("edited", "deleted", "pinned") if row.get(name)}
    return {**required, **optional, **flags}
