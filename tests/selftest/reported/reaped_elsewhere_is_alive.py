"""multiprocessing: a process that somebody else has reaped is alive, for is_alive, for ever.

waitpid(2) gives ECHILD, which is taken for a child that is still to come.  Here the caller asks in
this way whether a worker has ended.  Where SIGCHLD is ignored, none ever has.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/92881"
CAUGHT_BY = ("E2", "E4")


def asking(unknown):
    """Return run; unknown: the status of a process that is no child by now, or None if it lives."""

    def status_of(pid):
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return unknown
        return status if found else None

    def take(pids, said, poller, ready):
        for over, _ in ready:
            pid, r = pids[over]
            status = status_of(pid)
            if status is None:
                continue
            poller.unregister(over)
            del pids[over]
            said[r] = honest.drain(r)
            if status or len(said[r]) != 8:
                said[r] = honest.lost(pid, status, said[r])

    honest.take = take
    return honest.run


run = asking(None)
