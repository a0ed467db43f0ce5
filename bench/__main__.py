"""``python -m bench``, the same as ``rooms bench``."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalogue import SUBJECTS, Subject
from bench.curves import draw_curves
from bench.disk import probe
from bench.generator import LoadFailed
from bench.installation import install_peers
from bench.options import Options, read_options
from bench.process import DidNotStart
from bench.rounds import medians, run_rounds
from bench.scenario import Scenario
from bench.scenarios import SCENARIOS
from bench.table import scenario_table, verdict_table
from bench.targets import verdicts
from bench.toolchain import CannotBuild, cache_folder, load_generator
from bench.workbench import Workbench


def main(words: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status: 0, or 1 with a sentence if nothing could be measured.

    A missed target is a figure, not a failure.
    """
    options = read_options(sys.argv[1:] if words is None else words)
    try:
        if options.install:
            install_peers()
        load_generator()
        with tempfile.TemporaryDirectory(dir=_disk_folder(), prefix="run-") as folder:
            _run(options, _workbench(options, Path(folder)))
    except (CannotBuild, DidNotStart, LoadFailed) as error:
        print(f"rooms bench: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: Options, bench: Workbench) -> None:
    results: dict[str, Any] = {}
    for name in options.scenarios:
        scenario = SCENARIOS[name]
        disk = probe(bench.folder)
        rounds = run_rounds(bench, scenario, _subjects(options, scenario), options.rounds)
        results[name] = {"disk": vars(disk), "rounds": rounds, "medians": medians(rounds)}
        print(f"\n{scenario_table(scenario, results[name]['medians'])}\n  {disk}", flush=True)
    print("\n" + verdict_table(verdicts({name: result["medians"] for name, result in results.items()}, options.ours)))
    if options.plot:
        results["curves"] = draw_curves(bench, options.ours, options.plot)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def _subjects(options: Options, scenario: Scenario) -> list[Subject]:
    """Ours first, then the rivals that are installed; says which are not."""
    names = scenario.rivals if options.against is None else options.against if scenario.rivals else ()
    present = [SUBJECTS[name] for name in options.ours]
    for name in names:
        missing = SUBJECTS[name].missing()
        if missing is None:
            present.append(SUBJECTS[name])
        else:
            print(f"{name} is left out: {missing} is not there (rooms bench --install)", file=sys.stderr)
    return present


def _workbench(options: Options, folder: Path) -> Workbench:
    return Workbench(
        folder=folder,
        seconds=options.seconds,
        quick=options.quick,
        server_core=options.server_core,
        load_core=options.load_core,
    )


def _disk_folder() -> Path:
    """Not the temporary folder: that is often memory, and a sync there costs nothing."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
