"""A program was killed, and the workers of its process pool waited for jobs for ever.

Each worker has the writing end of the queue open itself, so that the end of file never comes.  Here
a worker that has done its job waits at a pipe for the next one, or for the word that there is none.
"""

import contextlib
import mmap
import os

from tests.selftest.defects import _base, honest
from tests.selftest.reported import _carried, _slots

REPORT = "https://github.com/GridTools/gt4py/pull/2870"
CAUGHT_BY = ("B3",)


def pooled(prctl):
    """Return run; prctl: called by each worker at its birth, with PR_SET_PDEATHSIG and SIGKILL."""

    @_base.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack:
            memory = stack.enter_context(mmap.mmap(-1, _slots.SIZE * workers))
            (jobs, giver), (bell, rope) = pipe(stack), pipe(stack)
            sums = {}

            def work(number, value):
                _slots.put(memory, number, value)
                os.write(rope, b"!")
                if os.read(jobs, 1) == b"":
                    raise EOFError("there is no caller any more")

            def take(fd):
                if fd is not None:
                    os.read(bell, 4096)
                known = len(sums)
                sums.update(_slots.there(memory, workers))
                if known < len(sums) == workers:
                    _carried.write_all(giver, b"." * workers)
                return sums

            return _base.total(_base.gather(n, workers, work, take, bell))

    honest.PRCTL = prctl
    return run


def pipe(stack):
    ends = os.pipe()
    for fd in ends:
        stack.callback(os.close, fd)
    return ends


ended_with_it = honest.PRCTL
run = pooled(lambda option, number: 0)
