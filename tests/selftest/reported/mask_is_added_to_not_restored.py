"""log4cplus blocked signals for a moment, and they stayed blocked: SIG_BLOCK adds to a mask.

That adds signals to those that are blocked, and takes none away.  Here a run blocks the signals
that have a handler, but for where it waits, and ends so.
"""

import functools
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/log4cplus/log4cplus/issues/390"
CAUGHT_BY = ("E2",)


def blocking(run, how):
    """Return run; how: what the old mask is set with."""

    @functools.wraps(run)
    def blocked(n, workers):
        honest.check(n, workers)
        before = honest.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            honest.pthread_sigmask(signal.SIG_BLOCK, honest.handled())
            return run(n, workers)
        finally:
            honest.pthread_sigmask(how, before)

    return blocked


plain = honest.run.__wrapped__
run = blocking(plain, signal.SIG_BLOCK)
