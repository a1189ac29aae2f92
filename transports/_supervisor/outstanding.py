"""Which workers have exited, and whose results may still be on their way."""

import math
import time
from collections.abc import Container, Iterable

# Looks that find something ready after a worker has exited, until its result has been among it.
# Ahead of it there can be at most a full backlog of connections (4096, listen(2)), of which
# `accept_pending` accepts 64 after each look; one more look reads the result.
_LOOKS = 128


class Outstanding:
    """Workers that have exited before their result was taken.

    One of them is lost when nothing more of it can come.  Either a look that began after its exit
    was seen found nothing ready at all (for a channel that does not deliver at once: a look that
    ended *grace* seconds later).  Or so many looks found something that its result would have been
    among it.
    """

    def __init__(self, grace: float = 0.0) -> None:
        self._grace = grace
        self._until: dict[int, float] = {}
        self._looks: dict[int, int] = {}
        self.until = math.inf
        """When to look again at the latest, by time.monotonic()."""

    def __bool__(self) -> bool:
        return bool(self._until)

    def expect(self, exited: Iterable[int]) -> None:
        """Add workers that have exited: the next look begins after that was seen."""
        now = time.monotonic()
        for worker in exited:
            self._until.setdefault(worker, now + self._grace)
        self.until = min(self._until.values(), default=math.inf)

    def lost(self, results: Container[int], ready: bool, looked: float) -> list[int]:
        """Return the workers that are lost, after a look that found something *ready* or not.

        results: holds each worker whose result has been taken; it is forgotten.
        looked: when that look ended, by time.monotonic().
        """
        for worker in [worker for worker in self._until if worker in results]:
            del self._until[worker]
        found = []
        for worker, until in self._until.items():
            self._looks[worker] = looks = self._looks.get(worker, 0) + 1
            if looked >= until and (not ready or looks > _LOOKS):
                found.append(worker)
        self.until = min(self._until.values(), default=math.inf)
        return found
