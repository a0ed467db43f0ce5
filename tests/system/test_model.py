"""Ten users with three devices each, on sockets that are cut and servers that are killed, against a model.

The devices join, leave, speak, write to each other, edit, delete, read and search at random, by seed; the server is killed and
restarted under them. What was acknowledged is the model; in the end presence, unread counts, history and search are as it says, and
so is what each device made of the events it heard.

    ROOMS_PLAY_SECONDS=120 ROOMS_PLAY_SEED=7 ./run test tests/system/test_model.py        two minutes, another seed
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.crowd import Crowd
from tests.system.play.play import RESTART_SECONDS, RESTARTS, Play
from tests.system.play.verdict import Verdict
from tests.system.server import CarrierName, Server

SECONDS = float(os.environ.get("ROOMS_PLAY_SECONDS", "5"))
SEED = os.environ.get("ROOMS_PLAY_SEED")


@contextmanager
def told_when_it_fails(play: Play, seed: int) -> Iterator[None]:
    """The seed and what was done last."""
    try:
        yield
    except BaseException:
        print(f"ROOMS_PLAY_SEED={seed}, and this is what was done last:", *play.acts, sep="\n")
        raise


@pytest.fixture
def seed(carrier: CarrierName) -> int:
    """The same in every run, unless the environment says another."""
    return int(SEED) if SEED else {"stream": 1, "hub": 2}[carrier]


def test_what_ten_users_with_three_devices_were_told_is_so(tmp_path: Path, carrier: CarrierName, seed: int) -> None:
    faulthandler.cancel_dump_traceback_later()  # what hangs here says so by itself, and two minutes are longer than a test may hang
    env = {"ROOMS_DRAIN_SECONDS": "0.5", "ROOMS_IDLE_SECONDS": "0.5"}
    with Server(tmp_path, carrier=carrier, env=env) as server, Crowd() as crowd:
        play = Play(server, crowd, seed)
        with told_when_it_fails(play, seed):
            left = SECONDS
            while left > 0:
                span = min(left, play.random.uniform(*RESTART_SECONDS))
                play.run(span)
                left -= span
                if left > 0:
                    play.random.choice(RESTARTS)(play)
            Verdict(play).reach()
        assert "Traceback" not in server.log(), "the server's log tells of a failure"
        assert server.stop() == 0
        assert server.rooms("check") == "no faults\n"
