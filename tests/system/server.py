"""A real server for system tests: its own process, a real data folder, a port of its own, killed and started again at will.

    server = Server(tmp_path, carrier="hub", env={"ROOMS_IDLE_SECONDS": "1"})
    with server:                       # started and ready; stopped at the end, its log shown if the test fails
        url = server.socket_url("lobby")
        server.kill()                  # SIGKILL: nothing is flushed, nobody says goodbye
        server.start()                 # the same data folder, the same port
        assert server.stop() == 0      # SIGTERM, waited for

Blocking on purpose: it is used from plain tests, and from trio tests through ``trio.to_thread.run_sync``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from prometheus_client.parser import text_string_to_metric_families

from bench.ports import free_port as free_port

ROOT = Path(__file__).parent.parent.parent
SECRET = "a secret of the tests, thirty-two bytes or more"
READY_SECONDS = 20.0
STOP_SECONDS = 30.0

CarrierName = Literal["stream", "hub"]
CARRIERS: Sequence[CarrierName] = ("stream", "hub")


class ServerDied(AssertionError):
    """The process ended before it was ready. Its log is in the message."""


class Server:
    """One gateway process. ``env`` are settings (``ROOMS_…``); ``arguments`` go to ``rooms serve``; kinds are imported from ``cwd``."""

    def __init__(
        self,
        folder: Path,
        *,
        carrier: CarrierName = "stream",
        dev: bool = False,
        env: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        cwd: Path = ROOT,
    ) -> None:
        self.data = folder / "data"
        self.log_path = folder / "server.log"
        self.port = free_port()
        self.dev = dev
        self._arguments = arguments
        self._cwd = cwd
        self._env = {"ROOMS_CARRIER": carrier, "ROOMS_RATE_LIMITS": "off", "ROOMS_JWT_SECRET": SECRET, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        if self.process is None:
            self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is not None:
            self.kill()
        if kind is not None:
            print(self.log())

    def start(self, *, wait: bool = True) -> None:
        """Start the process; with ``wait`` return once ``/readyz`` says 200. Raises ServerDied if it ends before."""
        assert self.process is None, "it runs already"
        dev = ["--dev"] if self.dev else []
        command = [*self.command("serve"), *dev, "--port", str(self.port), *self._arguments]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self._cwd, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return once the server takes requests."""
        assert self.process is not None
        for _ in range(int(seconds / 0.05)):
            if self.process.poll() is not None:
                raise ServerDied(f"exit status {self.process.returncode}\n{self.log()}")
            with contextlib.suppress(OSError):
                if self.get("/readyz")[0] == 200:
                    return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        raise ServerDied(f"not ready after {seconds} s\n{self.log()}")

    def kill(self) -> None:
        """SIGKILL, reaped."""
        self._signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """SIGTERM; returns at once."""
        self._signal(signal.SIGTERM)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """SIGTERM, then the exit status."""
        self.terminate()
        return self.wait(seconds)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """The exit status, once it has ended. Raises subprocess.TimeoutExpired."""
        assert self.process is not None
        status = self.process.wait(seconds)
        self.process = None
        return status

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def socket_url(self, name: str, kind: str = "rooms", query: str = "") -> str:
        """``ws://…/{kind}/{name}/ws``."""
        return f"ws://{self.host}/{kind}/{quote(name, safe='')}/ws{query}"

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        """The status and body of one HTTP request. Raises OSError if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0.0 if there is none."""
        status, text = self.get("/metrics")
        assert status == 200, text
        return sum(value for sample, found, value in samples(text.decode()) if sample == name and labels.items() <= found.items())

    def token(self, user: str, *rooms: str, arguments: Sequence[str] = ()) -> str:
        """A JWT made by ``rooms token``; ``arguments`` are further flags, as ``["--ttl", "5s"]``."""
        flags = [word for room in rooms for word in ("--room", room)]
        return self.rooms("token", "--sub", user, *flags, *arguments).strip()

    def rooms(self, *arguments: str, status: int = 0) -> str:
        """The stdout of a ``rooms`` command on this data folder; its exit status must be ``status``."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self._cwd,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == status, f"rooms {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def history(self, name: str) -> list[dict[str, Any]]:
        """What ``rooms history NAME --json`` prints."""
        return [json.loads(line) for line in self.rooms("history", name, "--json").splitlines()]

    def log(self) -> str:
        """All it has logged so far, over restarts."""
        return self.log_path.read_text("utf-8", "replace") if self.log_path.exists() else ""

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "gateway", *arguments]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROOMS_")}
        path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
        secret = {} if self.dev else {"ROOMS_JWT_SECRET": self._env["ROOMS_JWT_SECRET"]}
        others = {name: value for name, value in self._env.items() if name != "ROOMS_JWT_SECRET"}
        return {**kept, "PYTHONPATH": path, "ROOMS_DATA": str(self.data), **others, **secret}

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None, "it does not run"
        self.process.send_signal(number)


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The samples of Prometheus text: name, labels, value."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, dict(sample.labels), sample.value
