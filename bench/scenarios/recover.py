"""Start-up after a crash that left a million records in the journal and none of them in the rooms' files."""

from __future__ import annotations

import shutil
import subprocess
import sys

from bench.catalogue import Subject
from bench.scenario import Column, Figures, Scenario
from bench.toolchain import HERE
from bench.workbench import Workbench

RECORDS, ROOMS = 1_000_000, 10_000
MIB = 1 << 20


def measure(bench: Workbench, subject: Subject) -> Figures:
    """Seconds until the server is ready, its peak memory, and how many lines of progress it logged meanwhile."""
    divisor = 50 if bench.quick else 1
    folder = bench.fresh_folder("crashed")
    try:
        _crash(str(folder), RECORDS // divisor, ROOMS // divisor)
        journal = sum(path.stat().st_size for path in (folder / "journal").iterdir())
        with bench.serve(subject, data=folder) as server:
            return {
                "seconds": server.start_seconds,
                "peak_mib": server.peak_bytes() / MIB,
                "journal_mib": journal / MIB,
                "progress_lines": sum("recover" in line for line in server.log.read_text().splitlines()),
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _crash(folder: str, records: int, rooms: int) -> None:
    subprocess.run([sys.executable, "-m", "bench.crashed_folder", folder, str(records), str(rooms)], cwd=HERE.parent, check=True)


RECOVER = Scenario(
    "recover",
    "a journal of 1,000,000 records over 10,000 rooms, none of it in the rooms' files",
    (
        Column("seconds", "s", ".1f"),
        Column("peak_mib", "peak MiB", ".0f"),
        Column("journal_mib", "journal MiB", ".0f"),
        Column("progress_lines", "lines of progress"),
    ),
    measure,
)
