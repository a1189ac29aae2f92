"""An event loop within another set the wakeup descriptor: the outer one got no more signals.

Here a run sets one so that a signal ends its wait, and sets none when it is over, in the main
thread.  What the caller had set before is lost.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/MagicStack/uvloop/pull/270"
CAUGHT_BY = ("E2",)


@honest.careful
def run(n, workers):
    bell = os.eventfd(0)
    os.set_blocking(bell, False)
    try:
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.set_wakeup_fd(bell)
        return honest.run(n, workers)
    finally:
        with contextlib.suppress(ValueError):
            signal.set_wakeup_fd(-1)
        os.close(bell)
