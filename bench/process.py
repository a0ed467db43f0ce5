"""A server under test: started on its core, asked for its cost by /proc, ended with all its children."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 20.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """The server ended, or did not listen in time; its output is in the file that the message names."""


def on_core(core: str) -> list[str]:
    """What to put before a command so that it stays on one core; nothing where the system cannot."""
    return ["taskset", "-c", core] if shutil.which("taskset") else []


class ServerProcess:
    """A running server and everything it started. A context manager: inside it, the server listens, or answers 200 to ``ready_path``."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        port: int,
        core: str,
        log: Path,
        ready_path: str | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self.log = log
        self._command = [*on_core(core), *command]
        self._environment = {**os.environ, **environment}
        self._ready_path = ready_path
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        begin = time.monotonic()
        with self.log.open("w") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )
        try:
            self._wait_until_it_listens(begin + START_SECONDS_MAX)
        except BaseException:
            self.kill()
            raise
        self.start_seconds = time.monotonic() - begin
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> None:
        """Signal the whole group; what has not gone after ``STOP_SECONDS_MAX`` is killed."""
        try:
            os.killpg(self._process.pid, how)
            self._process.wait(STOP_SECONDS_MAX)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its processes and threads."""
        return sum(_cpu_seconds(pid) for pid in self._processes())

    def anonymous_bytes(self) -> int:
        """Memory of its own (RssAnon), of all its processes."""
        return sum(_status_kib(pid, "RssAnon") for pid in self._processes()) * 1024

    def peak_bytes(self) -> int:
        """The most memory its first process ever held (VmHWM)."""
        return max(_status_kib(pid, "VmHWM") for pid in self._processes()) * 1024

    def descriptors(self) -> int:
        """Open files, sockets and pipes of all its processes."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self._processes())

    def threads(self) -> int:
        """Threads of all its processes."""
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self._processes())

    def metric(self, name: str) -> float:
        """The sum of a Prometheus metric's samples, from ``/metrics``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))

    def _wait_until_it_listens(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise DidNotStart(f"{self.name} ended at once; its output is in {self.log}")
            try:
                self._ask()
                return
            except OSError:
                time.sleep(0.02)
        raise DidNotStart(f"{self.name} did not listen within {START_SECONDS_MAX:.0f} s; its output is in {self.log}")

    def _ask(self) -> None:
        """Raises ``OSError`` as long as it does not serve. A port may be taken before: ours is while rooms are brought forward."""
        if self._ready_path is None:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        else:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self._ready_path}", timeout=1).close()

    def _processes(self) -> Iterator[int]:
        return _tree(self._process.pid)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))
    except OSError:
        return


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _status_kib(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field + ":")), 0)
