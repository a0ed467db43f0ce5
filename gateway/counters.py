"""What the gateway counts: plain numbers that the edge, the carriers and the sessions add to, and ``/metrics`` reads."""

from __future__ import annotations

from collections import Counter


class Counters:
    """One a process, handed to whoever counts. Adding is one statement; nothing here waits, locks or fails.

    * ``connections``: WebSockets open now.
    * ``messages_received``: whole data messages handed to sessions.
    * ``messages_sent``: messages handed to carriers, one a socket and message.
    * ``outbox_bytes``: bytes waiting now because a kernel buffer was full.
    * ``refusals``: by the protocol's error code, before or after the upgrade.
    * ``closes``: sockets ended, by close code; 1006 without a close frame.
    """

    __slots__ = ("closes", "connections", "messages_received", "messages_sent", "outbox_bytes", "refusals")

    def __init__(self) -> None:
        self.connections = 0
        self.messages_received = 0
        self.messages_sent = 0
        self.outbox_bytes = 0
        self.refusals: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
