"""The transport shm, whose watchers are delayed by 20 ms in the middle of each notice.

At that point a notice is counted as begun, but its semaphore is not released yet, and the scheduler
may stop the process.  No message of this module may be lost: see `test_nothing_will_come`.
"""

import time

from transports._channel.shm import Ring, Semaphore
from transports.shm import channel, run, unsupported

__all__ = ["channel", "run", "unsupported"]

_DELAY = 0.02  # seconds

_notice = Ring.notice


class _Late:
    """A semaphore whose release is delayed."""

    def __init__(self, semaphore: Semaphore) -> None:
        self._semaphore = semaphore
        self.acquire, self.keep = semaphore.acquire, semaphore.keep
        self.kept, self.post = semaphore.kept, semaphore.post

    def release(self) -> None:
        time.sleep(_DELAY)
        self._semaphore.release()


def _late_notice(ring: Ring) -> None:
    there = ring._there
    ring._there = _Late(there)
    _notice(ring)
    ring._there = there


setattr(Ring, "notice", _late_notice)  # noqa: B010 - mypy allows no assignment to a method
