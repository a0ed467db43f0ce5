"""Runs the load generator and reads what it says, a phase at a time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.process import on_core
from bench.toolchain import load_generator

Phase = Mapping[str, Any]
Flag = str | int | float | bool | Path | None


class LoadFailed(Exception):
    """The generator ended before its work was done, or not every socket could be opened."""


class Generator:
    """One run of the load generator. A context manager: the generator is gone after it.

    Its phases come in order: ``opened``, then ``measuring`` when the measured part begins, then ``done``.
    Options are those of ``bench/load``: ``window=4`` is ``--window 4``, ``hold=True`` is ``--hold``.
    """

    def __init__(self, port: int, core: str, headers: tuple[str, ...] = (), **options: Flag) -> None:
        words = [word for name, value in options.items() for word in _words(name, value)]
        for header in headers:
            words += ["--header", header]
        self._command = [*on_core(core), str(load_generator()), "--port", str(port), *words]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def opened(self) -> Phase:
        """All sockets are open; raises ``LoadFailed`` if one is not."""
        phase = self._phase("open")
        if phase["failed"]:
            raise LoadFailed(f"{phase['failed']} sockets could not be opened, {phase['open']} could: {phase['first_loss']}")
        return phase

    def go_on(self) -> None:
        """Ends the wait of a generator started with ``wait=True``."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def measuring(self) -> None:
        """Returns when the measured part begins."""
        self._phase("measuring")

    def done(self) -> Phase:
        """The figures; raises ``LoadFailed`` if a socket was lost on the way."""
        phase = self._phase("done")
        if phase["closed_early"]:
            raise LoadFailed(f"{phase['closed_early']} sockets were closed during the run: {phase['first_loss']}")
        return phase

    def _phase(self, name: str) -> Phase:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LoadFailed(f"the load generator ended before phase {name!r}: {' '.join(self._command)}")
        phase: Phase = json.loads(line)
        assert phase["phase"] == name, phase
        return phase


def _words(name: str, value: Flag) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    return [flag] if value is True else [flag, str(value)]
