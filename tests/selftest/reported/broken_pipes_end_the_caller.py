"""Programs gave SIGPIPE its default action, which the manual now warns of: it is for all of them.

Then any write to a socket that the other side has closed ends the process, also one of a library.
Here a run sets it, so that a worker ends quietly when nobody reads what it sends.
"""

import contextlib
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/pull/6773"
CAUGHT_BY = ("E2",)
_send = honest.send


def default_action():
    with contextlib.suppress(ValueError):  # which only the main thread may ask for
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def nothing():
    pass


def quiet(caller, worker):
    """Return run; caller, worker: what either does first."""

    def send(fd, lo, hi):
        worker()
        _send(fd, lo, hi)

    def run(n, workers):
        honest.check(n, workers)
        caller()
        return honest.run(n, workers)

    honest.send = send
    return run


run = quiet(default_action, nothing)
