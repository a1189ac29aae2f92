"""Each run draws a key."""

from tests.selftest.defects import _base, _queue


@_base.careful
def run(n, workers):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers)
