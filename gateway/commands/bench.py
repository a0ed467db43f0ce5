"""``rooms bench``: hands its words to the load test of the checkout."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def bench(*arguments: str) -> int:
    """Runs ``bench/`` with these words; returns its exit status, or 2 with a sentence where the sources are not there.

    The load test is C and other people's servers: it lies in the checkout and not in the installed package.
    """
    checkout = Path(__file__).resolve().parents[2]
    if not (checkout / "bench" / "load" / "load.c").exists():
        print("rooms bench: the load test is not installed with the server; run it from a checkout of the sources", file=sys.stderr)
        return 2
    if str(checkout) not in sys.path:
        sys.path.append(str(checkout))
    status: int = importlib.import_module("bench.__main__").main(arguments)
    return status
