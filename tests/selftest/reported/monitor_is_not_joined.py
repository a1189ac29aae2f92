"""More than a hundred threads were left of tests: nobody ended those that watch the jobs.

Here a thread measures how long a run takes.  It waits for the end of that, which it is not told.
"""

import errno
import os
import signal
import threading
import time

from tests.selftest.defects import honest

REPORT = "https://github.com/ganga-devs/ganga/pull/373"
CAUGHT_BY = ("B1",)


def monitored(leave):
    """Return run; leave: called at the end with the thread, and with the event that ends it."""

    @honest.careful
    def run(n, workers):
        over, began = threading.Event(), time.monotonic()

        def measure():
            over.wait()
            thread.seconds = time.monotonic() - began

        thread = threading.Thread(target=measure, daemon=True)
        mask = honest.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            thread.start()
        except RuntimeError as error:
            raise OSError(errno.EAGAIN, f"{os.strerror(errno.EAGAIN)}: {error}") from error
        finally:
            honest.pthread_sigmask(signal.SIG_SETMASK, mask)
        owner = os.getpid()
        try:
            return honest.run(n, workers)
        finally:
            if os.getpid() == owner:  # a child of a handler has no such thread
                leave(thread, over)

    return run


run = monitored(lambda thread, over: None)
