"""Which workers have exited, and whose results have not been taken yet."""

from collections.abc import Container, Iterable

# Looks that find something ready after a worker has exited, until its result has been among it.
# Ahead of it there can be at most a full backlog of connections (4096, listen(2)), of which
# `accept_pending` accepts 64 after each look; one more look reads the result.
_LOOKS = 128


class Outstanding:
    """Workers that have exited before their result was taken.

    A worker exits when what it has sent can be read.  So it is lost when a look that began after
    its exit was seen found nothing ready at all, or when so many looks found something that its
    result would have been among it.
    """

    def __init__(self) -> None:
        self._looks: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._looks)

    def expect(self, exited: Iterable[int]) -> None:
        """Add workers that have exited: the next look begins after that was seen."""
        for worker in exited:
            self._looks.setdefault(worker, 0)

    def lost(self, results: Container[int], ready: bool) -> list[int]:
        """Return the workers that are lost, after a look that found something *ready* or not.

        results: holds each worker whose result has been taken; it is forgotten.
        """
        for worker in [worker for worker in self._looks if worker in results]:
            del self._looks[worker]
        for worker in self._looks:
            self._looks[worker] += 1
        return [worker for worker, looks in self._looks.items() if not ready or looks > _LOOKS]
