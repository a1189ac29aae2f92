"""A video stopped: the queue was empty, and what told of the next frame came before the wait.

Only who waits already is woken up.  Here a worker looks whether the caller has taken its result,
enters itself as one that waits, and waits for its bell.  The caller rings for those that are
entered.
"""

import contextlib
import mmap
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_bells, _slots

REPORT = "https://github.com/niellun/FastCarPlay/pull/16"
CAUGHT_BY = ("A6", "D4")


class Board:
    """A file with two bytes for each worker: its result is taken, and it waits."""

    def __init__(self, stack, workers):
        self.fd = os.memfd_create("pi-board")
        stack.callback(os.close, self.fd)
        os.ftruncate(self.fd, 2 * workers)

    def set(self, place):
        os.pwrite(self.fd, b"!", place)

    def is_set(self, place):
        return os.pread(self.fd, 1, place) == b"!"


def through(n, workers, is_told):
    """Run; is_told(waits): whether the bell is rung; waits(): whether somebody waits for it."""
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(mmap.mmap(-1, _slots.SIZE * workers))
        board = Board(stack, workers)
        bells = stack.enter_context(_os_bells.bells(workers))
        bell, rope = os.pipe()
        stack.callback(os.close, bell)
        stack.callback(os.close, rope)
        sums = {}

        def work(number, value):
            _slots.put(memory, number, value)
            os.write(rope, b"!")
            if not board.is_set(2 * number):
                board.set(2 * number + 1)
                _os_bells.wait_for(bells[number])

        def take(fd):
            if fd is not None:
                os.read(bell, 4096)
            there = _slots.there(memory, workers)
            for number in there.keys() - sums.keys():
                board.set(2 * number)
                if is_told(lambda place=2 * number + 1: board.is_set(place)):
                    os.eventfd_write(bells[number], 1)
            sums.update(there)
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda waits: waits())
