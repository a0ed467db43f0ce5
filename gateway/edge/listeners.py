"""Where the server listens: TCP, a Unix socket, TLS over either."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from pathlib import Path

BACKLOG = 4_096
UNIX_SOCKET_MODE = 0o660


def listen_tcp(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, one for each address that ``host`` has; with port 0 all of them on the one free port.

    Blocks while a name is looked up. Raises OSError if an address cannot be had; then none is left open.
    """
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
            taken = sockets[0].getsockname()[1] if sockets else port
            sockets.append(_listen(family, (address[0], taken, *address[2:])))
    except OSError:
        for opened in sockets:
            opened.close()
        raise
    return sockets


def listen_unix(path: Path) -> socket.socket:
    """A listening Unix socket at ``path``, for its user and group. One that a dead server left there is replaced.

    Raises OSError if a living server listens there, or something else is in the way.
    """
    _remove_dead(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o777 & ~UNIX_SOCKET_MODE)
        try:
            listening.bind(os.fspath(path))
        finally:
            os.umask(before)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def tls_context(cert_file: Path, key_file: Path) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate chain; offers HTTP/1.1 alone, so that no browser tries WebSockets inside HTTP/2.

    Raises OSError or ssl.SSLError if the files cannot be read or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert_file, key_file)
    return context


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def _remove_dead(path: Path) -> None:
    """Remove a socket on which nobody answers."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
