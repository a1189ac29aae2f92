"""A pool that replaces workers which have ended, as multiprocessing.Pool does."""

import os
import signal

from tests.selftest.defects import honest


def replacing(is_replaced):
    """Replace a worker if is_replaced(status); its job is gone. Return run."""

    def take(pids, said, poller, ready):
        for r, pid, status in honest.ended(pids, said, poller, ready):
            if status == 0 and len(said[r]) == 8:
                continue
            if is_replaced(status):
                honest.watch(another(), r, pids, set(), poller)
            else:
                said[r] = honest.lost(pid, status, said[r])

    honest.take = take
    return honest.run


def another():
    """Fork a worker, which waits for a job."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                signal.pause()
        finally:
            os._exit(1)
    return pid
