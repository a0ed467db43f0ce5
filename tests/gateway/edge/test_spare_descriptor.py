"""The descriptor in reserve."""

from __future__ import annotations

import os

from gateway.edge.spare_descriptor import SpareDescriptor


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_it_is_one_descriptor_more_until_given_up() -> None:
    before = open_descriptors()
    spare = SpareDescriptor()
    assert open_descriptors() == before + 1
    spare.hold()
    assert open_descriptors() == before + 1
    spare.give_up()
    assert open_descriptors() == before


def test_giving_up_twice_closes_no_descriptor_of_somebody_else() -> None:
    spare = SpareDescriptor()
    spare.give_up()
    reused = os.open(os.devnull, os.O_RDONLY)
    spare.give_up()
    os.close(reused)
