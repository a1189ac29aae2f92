"""A watchdog did not see that a child had ended: kill(2) with signal 0 works for a zombie too.

Here the caller asks so whether a worker is alive that has not sent its result, and goes on waiting.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/pocoproject/poco/pull/2689"
CAUGHT_BY = ("C1", "C2", "C3", "C7", "C8", "C9", "C10", "C12")


def _is_alive(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def _take(pids, said, poller, ready):
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids[over]
        said[r] += honest.drain(r)
        if len(said[r]) != 8 and _is_alive(pid):
            continue
        del pids[over]
        status = honest.reap(pid)
        if status or len(said[r]) != 8:
            honest.lost(pid, status, said[r])


honest.take = _take
run = honest.run
