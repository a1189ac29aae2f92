"""The transport shm, whose watchers are held up for 20 ms in the middle of each notice.

There a notice is counted as begun, and its semaphore not yet released: the scheduler may stop a
process at that point.  `tests.unit.test_channel` holds the messages of this module to be whole.
"""

import time

from transports._channel.shm import Ring, Semaphore
from transports.shm import channel, run, unsupported

__all__ = ["channel", "run", "unsupported"]

_HELD_UP = 0.02  # seconds

_notice = Ring.notice


class _Late:
    """A semaphore that is released later than it is asked to be."""

    def __init__(self, semaphore: Semaphore) -> None:
        self._semaphore = semaphore
        self.acquire = semaphore.acquire

    def release(self) -> None:
        time.sleep(_HELD_UP)
        self._semaphore.release()


def _late_notice(ring: Ring) -> None:
    there = ring._there
    ring._there = _Late(there)
    _notice(ring)
    ring._there = there


setattr(Ring, "notice", _late_notice)  # noqa: B010 - mypy takes no assignment
