"""The Autobahn suite against ``examples/echo.py``, through both carriers; what it needs is told in README.md beside this file.

python -m tests.autobahn --wstest PATH-TO/wstest
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.system.server import CARRIERS, CarrierName, Server

SECTIONS = [f"{section}.*" for section in range(1, 11)]
MESSAGE_BYTES = 32 * 1024 * 1024
FRAGMENTS = 100_000
RUN_SECONDS = 900.0
SOUND = {"OK", "NON-STRICT", "INFORMATIONAL"}


def main() -> int:
    """Run the suite; 0 if no case failed, 1 if one did, 2 if it could not be run."""
    parser = argparse.ArgumentParser(prog="tests.autobahn", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wstest", required=True, help="the suite's command")
    parser.add_argument("--carrier", choices=CARRIERS, action="append", help="only this one")
    options = parser.parse_args()
    failed = 0
    for carrier in options.carrier or CARRIERS:
        cases = _run(options.wstest, carrier)
        if not cases:
            print(f"{carrier}: the suite wrote no report")
            return 2
        failed += _report(carrier, cases)
    return 1 if failed else 0


def _run(wstest: str, carrier: CarrierName) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = {
            "ROOMS_MESSAGE_BYTES_MAX": str(MESSAGE_BYTES),
            "ROOMS_OUTBOX_BYTES_MAX": str(4 * MESSAGE_BYTES),
            "ROOMS_FRAGMENTS_MAX": str(FRAGMENTS),
        }
        server = Server(folder, carrier=carrier, dev=True, env=limits, arguments=["--kind", "echo=examples.echo:Echo"])
        with server:
            spec = {
                "outdir": str(folder),
                "options": {"failByDrop": False},
                "servers": [{"agent": carrier, "url": f"ws://127.0.0.1:{server.port}/echo/autobahn/ws"}],
                "cases": SECTIONS,
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
            (folder / "spec.json").write_text(json.dumps(spec))
            command = [wstest, "-m", "fuzzingclient", "-s", str(folder / "spec.json")]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=RUN_SECONDS)
        report = folder / "index.json"
        return dict(json.loads(report.read_text()).get(carrier, {})) if report.exists() else {}


def _report(carrier: CarrierName, cases: dict[str, Any]) -> int:
    """Print the counts and each case that failed; how many did."""
    counts = Counter(case["behavior"] for case in cases.values())
    print(f"{carrier}: {len(cases)} cases: " + ", ".join(f"{count} {behavior}" for behavior, count in sorted(counts.items())))
    bad = [name for name, case in cases.items() if case["behavior"] not in SOUND or case["behaviorClose"] not in SOUND]
    for name in sorted(bad):
        print(f"  {name}: {cases[name]['behavior']}, close: {cases[name]['behaviorClose']}")
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())
