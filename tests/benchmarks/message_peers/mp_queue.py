"""multiprocessing.Queue: a pipe under a lock, pickles, and a thread in each process that puts."""

import multiprocessing
from contextlib import AbstractContextManager

from tests.benchmarks.message_peers import Opened, Work
from tests.benchmarks.message_peers.queues import over_queues


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


def channel(work: Work, workers: int, *, duplex: bool = False) -> AbstractContextManager[Opened]:
    """Open a queue of all workers, and one to each."""
    return over_queues(multiprocessing.Queue, work, workers, duplex)
