"""A data folder in a temporary place, and the process that has it open."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage.process import Process


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts a process on ``tmp_path/data`` or on another folder; what still runs at the end is let go."""
    started: list[Process] = []

    def start(path: Path = tmp_path / "data", *arguments: Any, **keywords: Any) -> Process:
        process = Process(path, *arguments, **keywords)
        started.append(process)
        return process

    yield start
    for process in started:
        for file in process.rooms.values():
            file.close()
        with contextlib.suppress(OSError):
            process.folder.close()


@pytest.fixture
def process(start: Callable[..., Process]) -> Process:
    return start()
