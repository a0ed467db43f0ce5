"""Ports for servers that are started, killed and started again."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

PORTS_FROM = 10_000
EPHEMERAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A TCP port that was free a moment ago, and that the system gives to no client for its own end of a connection.

    Of those that it gives, a server that is down for a moment may lose its port to anybody, and whoever asks again and again whether it
    listens may meet itself: its own end is given that very port (RFC 9293 §3.5, simultaneous open), and the server cannot begin.
    """
    while True:
        port = random.randrange(PORTS_FROM, _first_ephemeral_port())
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _first_ephemeral_port() -> int:
    try:
        return max(PORTS_FROM + 1_000, int(EPHEMERAL_PORTS.read_text().split()[0]))
    except OSError:
        return 32_768
