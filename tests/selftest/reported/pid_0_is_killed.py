"""TerminateProcess called kill(2) also for a pid of 0, which stands for the whole process group.

Here the pids of a run are 0 until its workers have been forked.  Where a fork fails, the clean-up
sends SIGKILL to all of them, and so to the caller and its group.
"""

import os
import types

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/FreeRDP/FreeRDP/pull/2371"
CAUGHT_BY = ("C13", "E3", "F1")
_end = honest.end


def ending(is_pid):
    """Return run; is_pid(pid): whether what is to be ended is taken for a process."""

    def fork():
        here = _call.current()
        pid = os.fork()
        here.unborn -= 1
        return pid

    def end(pids):
        _end(pid for pid in [*pids, *[0] * _call.current().unborn] if is_pid(pid))

    def run(n, workers):
        honest.check(n, workers)
        with _call.call(unborn=workers):
            return honest.run(n, workers)

    honest.os = types.SimpleNamespace(**{**vars(os), "fork": fork})
    honest.end = end
    return run


run = ending(lambda pid: True)
