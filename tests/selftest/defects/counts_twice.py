"""Frames are signed but not numbered: one that is given back twice counts twice."""

from tests.selftest.defects import _base, _queue

CAUGHT_BY = ("G5",)


class Counted(_base.Seal):
    """Adds up what it unpacks."""

    def __init__(self):
        super().__init__()
        self.values = []

    def unpack(self, frame):
        found = super().unpack(frame)
        self.values += found.values()
        return found


@_base.careful
def run(n, workers):
    """Count frames, not workers."""
    seal = Counted()
    with _queue.keyed() as queue:
        _queue.through(queue, n, workers, seal=seal)
    return _base.total(dict(enumerate(seal.values)))
