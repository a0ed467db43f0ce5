"""What to measure, as the command line says it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.catalogue import SUBJECTS
from bench.scenarios import SCENARIOS


@dataclass(frozen=True, kw_only=True)
class Options:
    """One run of the load test."""

    scenarios: tuple[str, ...]
    """Which, in order; all by default."""
    against: tuple[str, ...] | None
    """Peers to put beside this server; ``None``: those that a target of the scenario is relative to."""
    ours: tuple[str, ...]
    """Which builds of this server: ``ours`` as it is configured, ``ours-stream``, ``ours-hub``, ``ours-relaxed``."""
    rounds: int
    seconds: float
    quick: bool
    server_core: str
    load_core: str
    json: Path | None
    plot: Path | None
    install: bool


def read_options(words: Sequence[str]) -> Options:
    """Raises ``SystemExit`` (2) with a usage line if the words are not understood."""
    parser = _parser()
    given = parser.parse_args(words)
    _check(parser, "scenario", given.scenario, SCENARIOS)
    _check(parser, "server", (*_names(given.against or ""), *_names(given.ours)), SUBJECTS)
    quick = bool(given.quick)
    return Options(
        scenarios=tuple(given.scenario) or tuple(SCENARIOS),
        against=None if given.against is None else _names(given.against),
        ours=_names(given.ours),
        rounds=given.rounds or (1 if quick else 3),
        seconds=given.seconds or (2.0 if quick else 4.0),
        quick=quick,
        server_core=given.server_core,
        load_core=given.load_core,
        json=given.json,
        plot=given.plot,
        install=given.install,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _check(parser: argparse.ArgumentParser, what: str, names: Sequence[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            parser.error(f"unknown {what} {name!r}; there are {', '.join(known)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rooms bench",
        description="The same work for this server and for its peers, side by side; one core for the server, one for the load.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_epilog(),
    )
    parser.add_argument("scenario", nargs="*", help="which to run (default: all)")
    parser.add_argument("--against", metavar="PEERS", help="comma-separated; empty for none (default: what the targets compare with)")
    parser.add_argument("--ours", metavar="BUILDS", default="ours", help="comma-separated builds of this server (default: %(default)s)")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds; figures are medians (default: 3)")
    parser.add_argument("--seconds", type=float, metavar="N", help="measured in each round, after one of warming up (default: 4)")
    parser.add_argument("--quick", action="store_true", help="one short round on small numbers: does it work, not how fast is it")
    parser.add_argument("--server-core", default="0", metavar="CORE", help="(default: %(default)s)")
    parser.add_argument("--load-core", default="1", metavar="CORE", help="(default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every round")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="also measure and draw how cost grows with rooms and with sockets")
    parser.add_argument("--install", action="store_true", help="first install the peers (npm, pip) into the cache folder")
    return parser


def _epilog() -> str:
    scenarios = [f"  {scenario.name:<11} {scenario.summary}" for scenario in SCENARIOS.values()]
    subjects = [f"  {subject.name:<15} {subject.summary}; {subject.keeps}" for subject in SUBJECTS.values()]
    return "\n".join(["scenarios:", *scenarios, "", "builds and peers:", *subjects])
