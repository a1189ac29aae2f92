"""signal.signal(s, signal.getsignal(s)) does not put a handler back that C code has set.

It raises TypeError, as Python has None for it; or it sets the default, if Python does not know of
it.  Here the main thread lets SIGCHLD have its default action while the run lasts, so that exit
statuses are not lost, and then puts back what was there.
"""

import contextlib
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/93411"
CAUGHT_BY = ("E2",)


@contextlib.contextmanager
def by_default():
    try:
        before = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    except ValueError:  # this is not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, before)


@honest.careful
def run(n, workers):
    with by_default():
        return honest.run(n, workers)
