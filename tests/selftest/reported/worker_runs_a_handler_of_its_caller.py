"""A process pool was ended by SIGTERM, but its forked workers had the server's handler for that.

The handler says "shutting down", and returns: the worker lives on, and who waits for it hangs.
Here workers get the mask of signals back, and are ended by SIGTERM, when a run fails.  It shows
where the caller has a handler for SIGTERM, and a worker is at work when another one fails.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/SpaceCowMedia/commander-spellbook-backend/pull/1204"
CAUGHT_BY = ("B2",)
_send = honest.send
kill = honest.end


def terminate(pids):
    pids = list(pids)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for pid in pids:
        honest.reap(pid)


def unblock():
    honest.pthread_sigmask(signal.SIG_UNBLOCK, honest.handled())


def install(end, begin):
    def send(fd, lo, hi):
        begin()
        _send(fd, lo, hi)

    honest.end, honest.send = end, send
    return honest.run


run = install(terminate, unblock)
