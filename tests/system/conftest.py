"""What the system tests share: a server on each carrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.server import CARRIERS, CarrierName, Server


@pytest.fixture(params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> CarrierName:
    """Both ways of moving a socket's bytes."""
    name: CarrierName = request.param
    return name


@pytest.fixture
def server(tmp_path: Path, carrier: CarrierName) -> Iterator[Server]:
    """A running server on each carrier in turn."""
    with Server(tmp_path, carrier=carrier) as running:
        yield running
