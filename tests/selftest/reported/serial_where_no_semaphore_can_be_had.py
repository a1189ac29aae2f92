"""joblib went on in serial mode where /dev/shm had no space for a semaphore.

The run makes a semaphore first.  Where that fails, the caller computes all by itself: the result
is exact, no worker is started, and nobody hears of the full file system.
"""

import contextlib

import posix_ipc

from tests.selftest.defects import _base, _memory, honest
from tests.selftest.reported import _os_total

REPORT = "https://github.com/SigProfilerSuite/SigProfilerExtractor/issues/95"
CAUGHT_BY = ("F2",)


def through(n, workers, serial):
    """Run; serial(n, error) is called where no semaphore can be had."""
    with contextlib.ExitStack() as stack:
        try:
            semaphore = stack.enter_context(_memory.unnamed_semaphore())
        except (OSError, posix_ipc.Error) as error:
            return serial(n, error)
        return _os_total.added(_os_total.interruptible(semaphore), n, workers)


def _in_the_caller(n, error):
    return honest.combine([honest.term_sum(0, n)])


@_base.careful
def run(n, workers):
    return through(n, workers, _in_the_caller)
