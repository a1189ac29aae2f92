"""Frames are signed but not numbered: one that is given back twice counts twice."""

from tests.defects import _queue

CAUGHT_BY = ("G5",)


def run(n, workers):
    """Count frames, not workers."""
    return _queue.through(n, workers, 0o600, numbered=False)
