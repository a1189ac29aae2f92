"""A program ran out of descriptors: where one of several pipes could not be had, the others stayed.

Here a run has two pipes, one by which the caller wakes its workers, and one by which they wake it.
"""

import contextlib
import mmap
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_gate, _slots

REPORT = "https://github.com/haskell/process/issues/122"
CAUGHT_BY = ("F1",)


def through(n, workers, pipes):
    """Run; pipes(): a context that gives two pipes."""
    with pipes() as ((r, w), (bell, rope)), mmap.mmap(-1, _slots.SIZE * workers) as memory:
        gate = _os_gate.Gate(workers, r, w)

        def work(number, value):
            gate.enter()
            _slots.put(memory, number, value)
            os.write(rope, b"!")

        def take(fd):
            if fd is not None:
                os.read(bell, 4096)
            return _slots.there(memory, workers)

        return _base.total(_base.gather(n, workers, work, take, bell, poller=gate))


@contextlib.contextmanager
def _pipes():
    pipes = os.pipe(), os.pipe()
    try:
        yield pipes
    finally:
        for fd in (*pipes[0], *pipes[1]):
            os.close(fd)


@_base.careful
def run(n, workers):
    return through(n, workers, _pipes)
