"""Memory of a quiet socket: joined, with its identity and attachment, its room hibernating."""

from __future__ import annotations

import time

from bench.catalogue import Subject
from bench.scenario import Column, Figures, Scenario
from bench.workbench import Workbench, wait_until_asleep

SOCKETS, SOCKETS_A_ROOM = 15_000, 10
SETTLE_SECONDS = 10.0
"""How long a peer is left alone; ours says itself when its rooms sleep."""


def measure(bench: Workbench, subject: Subject) -> Figures:
    """The scenario's own number of sockets."""
    return quiet_sockets(bench, subject, 1_000 if bench.quick else SOCKETS)


def quiet_sockets(bench: Workbench, subject: Subject, sockets: int) -> Figures:
    """Anonymous memory, descriptors and threads with all sockets quiet, less those before the first."""
    with bench.serve(subject, environment={"ROOMS_IDLE_SECONDS": "2"}) as server:
        memory, descriptors, threads = server.anonymous_bytes(), server.descriptors(), server.threads()
        with bench.load(server, connections=sockets, rooms=sockets // SOCKETS_A_ROOM, hold=True, seconds=600) as load:
            load.opened()
            if subject.is_ours:
                wait_until_asleep(server)
            else:
                time.sleep(SETTLE_SECONDS)
            return {
                "bytes_per_socket": (server.anonymous_bytes() - memory) / sockets,
                "extra_descriptors": server.descriptors() - descriptors - sockets,
                "extra_threads": server.threads() - threads,
            }


IDLE = Scenario(
    "idle",
    "15,000 quiet sockets in 1,500 rooms: memory of each",
    (
        Column("bytes_per_socket", "B/socket"),
        Column("extra_descriptors", "descriptors beside the sockets"),
        Column("extra_threads", "threads more"),
    ),
    measure,
    ("ws",),
)
