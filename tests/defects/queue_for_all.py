"""A System V queue with mode 0666."""

from tests.defects import _queue

CAUGHT_BY = ("G1",)


def run(n, workers):
    """Let everybody in, as the frames are signed."""
    return _queue.through(n, workers, 0o666, numbered=True)
