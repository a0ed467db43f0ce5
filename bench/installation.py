"""Installs the peers into the cache folder. The server itself needs none of it."""

from __future__ import annotations

import subprocess
import sys

from bench.toolchain import cache_folder

NPM_PACKAGES = ("ws", "workerd", "bun")
PIP_PACKAGES = ("websockets", "picows", "uvloop", "uvicorn", "starlette", "trio-websocket")


def install_peers() -> None:
    """Runs npm and pip; raises ``CalledProcessError`` or ``FileNotFoundError`` as they fail. What is there already stays."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--prefix", folder, *NPM_PACKAGES], check=True)
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([environment / "bin" / "python", "-m", "pip", "install", "--quiet", *PIP_PACKAGES], check=True)
