"""Tells five stories against a running server, and exits with 1 if something in them was not seen.

python examples/stories.py http://127.0.0.1:8080        a server that runs, with accounts
python examples/stories.py --serve                      a server of its own, in a temporary folder
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import httpx2
import trio

from examples.tales import told
from examples.tales.stage import Stage

Story = Callable[[Stage, str, str], Awaitable[None]]

STORIES: tuple[Story, ...] = (
    told.many_rooms_on_one_socket,
    told.private_messages_and_presence,
    told.accounts_rooms_by_code_and_profiles,
    told.a_users_room_of_devices,
    told.a_hibernating_room,
)
READY_SECONDS = 60.0
SETTINGS = {"ROOMS_IDLE_SECONDS": "1", "ROOMS_STATS_SECONDS": "1"}


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python examples/stories.py", description=told.__doc__)
    parser.add_argument("url", nargs="?", help="the server's address, as http://127.0.0.1:8080")
    parser.add_argument("--serve", action="store_true", help="start a server in a temporary folder")
    options = parser.parse_args()
    if options.serve is bool(options.url):
        parser.error("give either an address or --serve")
    if not options.serve:
        return trio.run(tell, options.url)
    with served() as url:
        return trio.run(tell, url)


async def tell(url: str) -> int:
    """All stories, each with users of its own: they can be told again to the same server."""
    salt = secrets.token_hex(3)
    async with AsyncExitStack() as curtain:
        stage = Stage(curtain)
        for number, story in enumerate(STORIES, 1):
            title = (story.__doc__ or "").rstrip(".")
            with stage.story(f"{number}. {title}"):
                await story(stage, url, salt)
    print(f"\n{len(STORIES)} stories, {len(stage.failures)} surprises", *stage.failures, sep="\n  ✗ ", flush=True)
    return 1 if stage.failures else 0


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that runs as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gateway", "serve", "--dev", "--port", str(port), "--data", folder]
        process = subprocess.Popen(command, env={**os.environ, **SETTINGS}, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            _wait_ready(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(READY_SECONDS)


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"the server at {url} did not become ready")


if __name__ == "__main__":
    sys.exit(main())
