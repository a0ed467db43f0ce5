"""The generator and the C peer, built on first use into a cache folder outside the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = ("-O2", "-Wall", "-Wextra")


class CannotBuild(Exception):
    """There is no working C compiler. Nothing was measured."""


def cache_folder() -> Path:
    """Where built programs, installed peers and prepared data lie: ``ROOMS_BENCH_CACHE``, else in the user's cache folder."""
    given = os.environ.get("ROOMS_BENCH_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rooms-bench"


def load_generator() -> Path:
    """The program of ``bench/load``; raises ``CannotBuild``."""
    return _built("load", sorted((HERE / "load").glob("*.c")), also=sorted((HERE / "load").glob("*.h")))


def floor() -> Path:
    """The peer in C; raises ``CannotBuild``."""
    return _built("floor", [HERE / "peers" / "floor.c"])


def _built(name: str, sources: Sequence[Path], also: Sequence[Path] = ()) -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*sources, *also))).hexdigest()[:12]
    program = cache_folder() / f"{name}-{digest}"
    if not program.exists():
        _compile(program, sources)
    return program


def _compile(program: Path, sources: Sequence[Path]) -> None:
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        raise CannotBuild("the load generator is C and no compiler is here: install one (Debian: apt-get install gcc libc6-dev), or set CC")
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    made = subprocess.run([compiler, *FLAGS, "-o", unfinished, *sources], capture_output=True, text=True)
    if made.returncode:
        raise CannotBuild(f"{compiler} could not build {program.name}:\n{made.stderr}")
    unfinished.rename(program)
