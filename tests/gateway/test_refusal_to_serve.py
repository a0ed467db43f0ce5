"""A server that cannot begin says what to do."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from gateway.refusal_to_serve import what_to_do
from gateway.settings import Settings
from storage import FolderInUse, FolderUnusable


@pytest.mark.parametrize(
    ("error", "settings", "advice"),
    [
        (FolderInUse(Path("data")), Settings(), "--data"),
        (FolderUnusable(Path("data"), "it is a file"), Settings(), "--data"),
        (OSError(errno.EADDRINUSE, "in use"), Settings(port=8443), "port 8443, or say another one with --port"),
        (
            OSError(errno.EADDRINUSE, "in use"),
            Settings(unix_socket=Path("/run/rooms")),
            "/run/rooms, or say another path with --unix-socket",
        ),
        (OSError(errno.EADDRNOTAVAIL, "not available"), Settings(host="192.0.2.1"), "--host; 192.0.2.1 is none"),
        (socket.gaierror(-2, "unknown"), Settings(host="nowhere"), "--host; 'nowhere' is none"),
        (PermissionError(errno.EACCES, "denied"), Settings(port=443), "--port"),
    ],
)
def test_it_says_which_flag_helps(error: Exception, settings: Settings, advice: str) -> None:
    assert advice in (what_to_do(error, settings) or "")


def test_an_error_that_says_it_all_is_left_alone() -> None:
    assert what_to_do(PermissionError(errno.EACCES, "denied", "/data"), Settings(port=443)) is None
    assert what_to_do(OSError(errno.EIO, "input/output error"), Settings()) is None
