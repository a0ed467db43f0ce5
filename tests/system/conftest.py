"""What the system tests share: a server on each carrier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.rows import FORMATS, Place
from tests.system.server import CARRIERS, CarrierName, Server


@pytest.fixture(params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> CarrierName:
    """Both ways of moving a socket's bytes."""
    name: CarrierName = request.param
    return name


@pytest.fixture(scope="module", params=CARRIERS)
def row_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all rows of the protocol."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("rows"), carrier=carrier, env={"ROOMS_STATS_SECONDS": "0.5"}) as running:
        yield running


@pytest.fixture(params=FORMATS)
def place(row_server: Server, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A room of its own, whose clients speak one of the two formats."""
    with ExitStack() as stack:
        yield Place(row_server, request.param, stack)


@pytest.fixture
def server(tmp_path: Path, carrier: CarrierName) -> Iterator[Server]:
    """A running server on each carrier in turn."""
    with Server(tmp_path, carrier=carrier) as running:
        yield running
