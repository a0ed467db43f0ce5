"""How commands print: text that cannot move a terminal's cursor, JSON one object a line, tables that stream."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.escaping import escaped

_INVISIBLE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")


def print_json(value: Any) -> None:
    """One line. Control and bidirectional characters are escaped as JSON allows, the rest is as it is."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=jsonable)
    sys.stdout.write(_INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def print_line(text: str) -> None:
    """One line of text that a stranger may have written."""
    sys.stdout.write(escaped(text) + "\n")


def print_row(cells: Sequence[str], widths: Sequence[int]) -> None:
    """A row of a table, each cell at least as wide as told; a longer one pushes the others, so that rows can be printed as they come."""
    print_line("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def size_text(size_bytes: int) -> str:
    """``512 B``, ``1.5 KiB``, ``20.0 MiB``."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def time_text(time_ms: int | None) -> str:
    """``2026-11-20T20:07:00.123Z``, as the protocol writes times; ``-`` for none."""
    if time_ms is None:
        return "-"
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def jsonable(value: Any) -> Any:
    """What JSON has no form for: bytes as hex under a name, dates as text."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
