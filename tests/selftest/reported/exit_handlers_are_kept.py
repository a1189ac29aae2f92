"""A library registered a handler at atexit for each process that it started: a server never exits.

Here each run has one that ends its workers if the program ends.  It is there when they are gone.
"""

import atexit

from tests.selftest.defects import honest

REPORT = "https://github.com/ponty/EasyProcess/issues/1"
CAUGHT_BY = ("B1",)


_current = set()


class Workers:
    """What a run has started, for its exit handler."""

    def __init__(self, n, workers):
        self.slices = honest.bounds(n, workers)

    def end(self):
        """Do nothing: each worker ends with its parent, by PR_SET_PDEATHSIG."""


def end_all():
    for each in list(_current):
        each.end()


def each_one(started):
    atexit.register(started.end)


def handling(register):
    def run(n, workers):
        honest.check(n, workers)
        started = Workers(n, workers)
        register(started)
        try:
            _current.add(started)
            return honest.run(n, workers)
        finally:
            _current.discard(started)

    return run


run = handling(each_one)
