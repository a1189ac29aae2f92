"""Limits of time that other programs, which use the processors, cannot make too short."""

import time

from tests.system.pace import slowed

MOST = 10.0
"""A limit is never stretched by more: a hang has to end."""


class Deadline:
    """A limit of time that other programs, which use the processors, cannot make too short.

    seconds: the limit.  When it is over, it is stretched by how much slower than alone this process
        goes on then; by MOST at most.
    """

    def __init__(self, seconds: float) -> None:
        self._start = time.monotonic()
        self._seconds = seconds
        self.stretched = 1.0

    def left(self) -> float:
        """Return the seconds that are left, unless it will be stretched."""
        return self._start + self._seconds * self.stretched - time.monotonic()

    def is_over(self, idle: bool = False) -> bool:
        """Tell whether the limit is over.

        idle: whether what it is for does not need a processor: then it is not stretched.
        """
        if self.left() > 0:
            return False
        if idle:
            return True
        self.stretched = max(self.stretched, min(MOST, slowed()))
        return self.left() <= 0
