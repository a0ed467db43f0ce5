"""To come."""

from bench.scenario import Scenario

NEIGHBOUR = Scenario("neighbour", "", (), lambda *_: {})
