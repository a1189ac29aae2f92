"""The caller waits for all workers before it reads the queue, which holds eight messages."""

from tests.selftest.defects import _base, _mqueue

CAUGHT_BY = ("A1", "A2", "D1", "D2")


@_base.careful
def run(n, workers):
    with _mqueue.unnamed() as queue:
        return _mqueue.through(queue, n, workers, late=True)
