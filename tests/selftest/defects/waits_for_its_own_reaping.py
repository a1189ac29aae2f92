"""Asks again for an exit status that somebody else has taken, as if the child were to come."""

import os
import signal
import time

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


def _reap(pid):
    while True:
        try:
            return os.waitpid(pid, 0)[1]
        except ChildProcessError:
            if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
                return 0
            time.sleep(0.05)


honest.reap = _reap
run = honest.run
