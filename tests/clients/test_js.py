"""The JavaScript client: its own tests, and its story against a real server that is killed and started again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rooms.client.wire import Format
from tests.clients.node import CLIENT, ROOT, needs_node, node_command
from tests.system.server import Server
from tests.system.tokens import token

SENDERS = 4
EACH = 250
PATIENCE_SECONDS = 120


@needs_node
@pytest.mark.parametrize("format", ["json", "msgpack"])
def test_every_message_is_stored_once_and_in_order_though_the_server_is_killed_twice(format: Format, tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server:
        tokens = [token(f"sender-{number}", "lobby") for number in range(SENDERS)]
        command = [*node(), str(ROOT / "tests/clients/story.js"), f"http://{server.host}", format, str(EACH), *tokens]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as story:
            assert story.stdout is not None
            acknowledged = {}
            for line in story.stdout:
                if not line.startswith("ack "):
                    break
                _, cid, id, seq = line.split()
                acknowledged[cid] = (id, int(seq))
                if len(acknowledged) in (SENDERS * EACH // 4, SENDERS * EACH // 2):
                    server.kill()
                    server.start()
            else:
                raise AssertionError(f"the story ended early\n{story.wait(PATIENCE_SECONDS)}")
            end = json.loads(line)
            assert story.wait(PATIENCE_SECONDS) == 0

        kept = server.history("lobby")
        assert len(kept) == SENDERS * EACH == len(acknowledged)
        assert {message["cid"]: (message["id"], message["seq"]) for message in kept} == acknowledged
        for number in range(SENDERS):
            own = [message["message"] for message in kept if message["from"] == f"sender-{number}"]
            assert own == [f"{number}:{each}" for each in range(EACH)]
        assert end["heard"] == [message["message"] for message in kept]
        assert end["seqs"] == [message["seq"] for message in kept]
        assert end["resets"] == 0


@needs_node
def test_its_own_tests_pass() -> None:
    done = subprocess.run([*node(), "--test", "test/"], cwd=CLIENT, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def node() -> list[str]:
    command = node_command()
    assert command is not None
    return command
