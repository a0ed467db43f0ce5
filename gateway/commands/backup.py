"""``rooms backup``: a consistent copy of the data folder, beside the running server."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.commands.output import print_json, print_line, size_text
from gateway.commands.progress import ProgressLine
from gateway.commands.rooms import readable
from gateway.escaping import escaped
from storage import Manifest, back_up


def backup(
    target: Annotated[Path, Parameter(name="DIR", help="Where to: a folder that is empty, or is not there yet.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Copy everything that the server keeps, as of one moment, while it serves. Exit status 1 if a damaged room had to be left out."""
    folder = settings_of(data, config).data
    began = time.monotonic()
    with readable("A backup needs a folder that is empty, or is not there yet"), ProgressLine() as progress:
        manifest = back_up(folder, target, progress)
    if json:
        print_json({**manifest_object(manifest), "seconds": round(time.monotonic() - began, 3)})
    else:
        print_line(f"{manifest_text(manifest)} in {target}, {time.monotonic() - began:.1f} s")
    print_left_out(manifest, "left out")
    return 1 if manifest.left_out else 0


def manifest_object(manifest: Manifest) -> dict[str, Any]:
    """What a backup holds, for programs."""
    left_out = [{"where": left.where, "what": left.what} for left in manifest.left_out]
    counts = {"rooms": manifest.rooms, "files": manifest.files, "size_bytes": manifest.size_bytes}
    return {"made": manifest.made, **counts, "left_out": left_out}


def manifest_text(manifest: Manifest) -> str:
    """``12 rooms, 14 files, 1.5 MiB``."""
    return f"{_count(manifest.rooms, 'room')}, {_count(manifest.files, 'file')}, {size_text(manifest.size_bytes)}"


def print_left_out(manifest: Manifest, how: str) -> None:
    """A line on stderr for each room that the backup does not have."""
    for left in manifest.left_out:
        sys.stderr.write(f"rooms: {how}: {escaped(str(left))}\n")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
