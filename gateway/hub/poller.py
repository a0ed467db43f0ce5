"""Which descriptors are ready: epoll (Linux) and kqueue (macOS, BSD) behind one small face. Level-triggered, never waits.

The poller's own descriptor becomes readable when one of its descriptors is ready, so that a task can wait for all of them at once.
"""

from __future__ import annotations

import select
import sys
from typing import Protocol

READ = 1
"""There is something to read, or the far end is gone, which reading tells."""
WRITE = 4
"""The kernel takes bytes again."""


class Poller(Protocol):
    """A set of descriptors and what is wanted of each."""

    def fileno(self) -> int:
        """Readable while ``ready`` would return something."""

    def add(self, fd: int) -> None:
        """Watch ``fd`` for reading."""

    def change(self, fd: int, reading: bool, writing: bool) -> None:
        """Watch a descriptor that was added for this only. With neither, only its end may still be told."""

    def remove(self, fd: int) -> None:
        """Watch it no more. Closing a descriptor does the same."""

    def ready(self) -> list[tuple[int, int]]:
        """Descriptors that are ready, each with READ, WRITE or both set (and perhaps other bits); at most 256, in turn. Does not wait."""

    def close(self) -> None:
        """Close the poller's own descriptor."""


_BATCH = 256
"""Events taken at once; between batches other tasks run."""


if sys.platform == "linux":

    class EpollPoller:
        """epoll. Errors and hang-ups are told whatever is wanted, as bits beside READ."""

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self.fileno = self._epoll.fileno
            self.remove = self._epoll.unregister
            self.close = self._epoll.close

        def add(self, fd: int) -> None:
            self._epoll.register(fd, select.EPOLLIN)

        def change(self, fd: int, reading: bool, writing: bool) -> None:
            self._epoll.modify(fd, (select.EPOLLIN if reading else 0) | (select.EPOLLOUT if writing else 0))

        def ready(self) -> list[tuple[int, int]]:
            return self._epoll.poll(0, _BATCH)

    def open_poller() -> Poller:
        """The platform's poller."""
        return EpollPoller()

else:

    class KqueuePoller:
        """kqueue. The end of a stream is told as READ even when nothing else is wanted of it."""

        def __init__(self) -> None:
            self._kqueue = select.kqueue()
            self.fileno = self._kqueue.fileno
            self.close = self._kqueue.close

        def add(self, fd: int) -> None:
            self._kqueue.control([select.kevent(fd, select.KQ_FILTER_READ, select.KQ_EV_ADD)], 0)

        def change(self, fd: int, reading: bool, writing: bool) -> None:
            self._kqueue.control([_wanted(fd, select.KQ_FILTER_READ, reading), _wanted(fd, select.KQ_FILTER_WRITE, writing)], 0)

        def remove(self, fd: int) -> None:
            self.change(fd, False, False)

        def ready(self) -> list[tuple[int, int]]:
            events = self._kqueue.control(None, _BATCH, 0)
            return [(event.ident, READ if event.filter == select.KQ_FILTER_READ else WRITE) for event in events]

    def _wanted(fd: int, filter: int, wanted: bool) -> select.kevent:
        return select.kevent(fd, filter, select.KQ_EV_ADD | (select.KQ_EV_ENABLE if wanted else select.KQ_EV_DISABLE))

    def open_poller() -> Poller:
        """The platform's poller."""
        return KqueuePoller()
