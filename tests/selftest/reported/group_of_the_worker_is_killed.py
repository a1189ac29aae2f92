"""A program killed its workers by killpg, without a group of their own: all of it has one group.

Here the clean-up after an error kills the process group of each worker that is left, which is that
of the caller, and of the shell or the test that has started it.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/zalando-zmon/zmon-worker/pull/427"
CAUGHT_BY = ("E3", "C2")


def _end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        honest.reap(pid)


honest.end = _end
run = honest.run
