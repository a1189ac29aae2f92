"""kadmind forked for each connection, and that process removed the pid file when it ended.

It had inherited what its parent had registered by atexit.  Here a worker calls the exit handlers
before it ends, so that what it has registered itself is cleaned up.
"""

import atexit

from tests.selftest.defects import honest

REPORT = "https://github.com/heimdal/heimdal/issues/23"
CAUGHT_BY = ("E5",)
_send = honest.send


def _send_and_clean_up(fd, lo, hi):
    _send(fd, lo, hi)
    atexit._run_exitfuncs()


honest.send = _send_and_clean_up
run = honest.run
