"""``rooms restore``: a data folder out of a backup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gateway.commands.backup import manifest_object, manifest_text, print_left_out
from gateway.commands.errors import CommandError
from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.commands.output import print_json, print_line
from gateway.commands.progress import ProgressLine
from gateway.commands.rooms import readable
from storage import FolderUnusable
from storage import restore as restore_backup


def restore(
    source: Annotated[Path, Parameter(name="DIR", help="The backup.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Verify a backup and make the data folder of it. The folder must be empty, or not there, and no server may use it."""
    folder = settings_of(data, config).data
    began = time.monotonic()
    with readable("Say a folder that `rooms backup` made, and finished"), _into_empty(), ProgressLine() as progress:
        manifest = restore_backup(source, folder, progress)
    if json:
        print_json({**manifest_object(manifest), "seconds": round(time.monotonic() - began, 3)})
    else:
        print_line(f"{manifest_text(manifest)} of {manifest.made} in {folder}, {time.monotonic() - began:.1f} s")
    print_left_out(manifest, "not in the backup")
    return 0


@contextmanager
def _into_empty() -> Iterator[None]:
    try:
        yield
    except FolderUnusable as error:
        raise CommandError(f"{error}. A backup is restored into an empty folder: say which with --data") from error
