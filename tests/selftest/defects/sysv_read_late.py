"""The caller waits for all workers before it reads the queue, which holds 16 KiB."""

from tests.selftest.defects import _base, _queue

CAUGHT_BY = (
    "D1",
    "G2",
    "G6",
)


@_base.careful
def run(n, workers):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers, late=True)
