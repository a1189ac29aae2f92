"""A protocol enciphers its records, and takes one that is sent again: nothing tells it from a new.

Here the results come by a System V queue, signed.  One that comes twice is added twice.
"""

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/MiesSuomesta/STCP/issues/2"
CAUGHT_BY = ("G5",)


class Forgetful(_base.Seal):
    """Frames each of which is a new result."""

    def __init__(self):
        super().__init__()
        self.known = set()

    def unpack(self, frame):
        sums = {}
        for number, value in super().unpack(frame).items():
            sums[object() if number in self.known else number] = value
            self.known.add(number)
        return sums


def through(n, workers, seal):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers, seal=seal)


@_base.careful
def run(n, workers):
    return through(n, workers, Forgetful())
