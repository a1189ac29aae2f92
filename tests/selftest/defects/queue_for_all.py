"""A System V queue with mode 0666."""

from tests.selftest.defects import _base, _queue

CAUGHT_BY = ("G1", "G6")


@_base.careful
def run(n, workers):
    """Let everybody in, as the frames are signed."""
    with _queue.keyed(0o666) as queue:
        return _queue.through(queue, n, workers)
