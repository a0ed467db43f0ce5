"""Why the server cannot begin, and what to do about it. Pure."""

from __future__ import annotations

import errno
import socket

from gateway.settings import Settings
from storage import FolderInUse, FolderUnusable, StorageFull

PORTS_OF_ROOT = 1024


def what_to_do(error: BaseException, settings: Settings) -> str | None:
    """One sentence for whoever started the server; ``None`` if the error says all there is to say."""
    match error:
        case FolderInUse():
            return "stop that server, or give this one a folder of its own with --data"
        case FolderUnusable():
            return "say another folder with --data"
        case StorageFull():
            return "make room on the disk"
        case socket.gaierror():
            return f"say an address of this machine with --host; {settings.host!r} is none"
        case OSError(errno=errno.EADDRINUSE) if settings.unix_socket is not None:
            return f"stop what listens on {settings.unix_socket}, or say another path with --unix-socket"
        case OSError(errno=errno.EADDRINUSE):
            return f"stop what listens on port {settings.port}, or say another one with --port"
        case OSError(errno=errno.EADDRNOTAVAIL):
            return f"say an address of this machine with --host; {settings.host} is none"
        case PermissionError() if 0 < settings.port < PORTS_OF_ROOT and error.filename is None:
            return f"ports below {PORTS_OF_ROOT} are root's: say another one with --port, and put a proxy before it"
    return None
