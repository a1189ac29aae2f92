"""A server took a child that had been stopped for one that had ended: it waited with WUNTRACED.

Here the caller looks after all workers when one has ended.  One that is stopped at that moment,
by a debugger or by a limiter of CPU time, is reported as ended.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/irods/irods/issues/2480"
CAUGHT_BY = ("D3",)
flags = os.WUNTRACED


def _take(pids, said, poller, ready):
    for over, (pid, r) in list(pids.items() if ready else ()):
        try:
            found, status = os.waitpid(pid, os.WNOHANG | flags)
        except ChildProcessError:  # SIGCHLD is ignored
            found, status = over in dict(ready), 0
        if not found:
            continue
        if os.WIFSTOPPED(status):
            raise RuntimeError(f"pid {pid} ended: status {status}")
        poller.unregister(over)
        del pids[over]
        said[r] = honest.drain(r)
        if status or len(said[r]) != 8:
            honest.lost(pid, status, said[r])


honest.take = _take
run = honest.run
