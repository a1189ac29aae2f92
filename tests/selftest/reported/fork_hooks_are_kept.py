"""Objects that had registered at os.register_at_fork were never freed: nothing unregisters them.

Here each run registers what its children are to forget.  A process that calls `run` for days has
a call more at each fork for each of them, and the memory of all of them.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/open-telemetry/opentelemetry-python/pull/4449"
CAUGHT_BY = ("B1",)
_current = set()


class Call:
    """A run that is under way."""

    def __init__(self, n, workers):
        self.slices = honest.bounds(n, workers)

    def forget(self):
        self.slices = []


def each(call):
    os.register_at_fork(after_in_child=call.forget)


def forget_all():
    for call in list(_current):
        call.forget()


def registering(register):
    def run(n, workers):
        honest.check(n, workers)
        call = Call(n, workers)
        register(call)
        try:
            _current.add(call)
            return honest.run(n, workers)
        finally:
            _current.discard(call)

    return run


run = registering(each)
