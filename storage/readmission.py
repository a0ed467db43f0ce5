"""Serving a room again that was set aside: its operator mended the file and took the marker away."""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw

from storage.host import Host
from storage.names import room_path
from storage.registration import register
from storage.set_aside import marker_path


def readmit(folder: Path, host: Host) -> None:
    """Serve every room that is set aside, has no marker beside its file any more, and whose file can be read."""
    for key in list(host.set_aside_reasons):
        path = folder / room_path(key)
        if not marker_path(path).exists() and path.exists() and path.stat().st_size:
            with contextlib.suppress(apsw.Error):
                register(path, host, key)
