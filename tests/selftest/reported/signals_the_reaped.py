"""Popen.send_signal after the process was reaped: the pid may be that of another one by now.

Here a run sends SIGTERM to all of its workers at its end, also to those that it has reaped. A pid
comes again after 2**22 others, or 32768 (pid_max, proc_sys_kernel(5)): rare, but each run does it.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/python/cpython/issues/82811"
CAUGHT_BY = ("E3",)
_watch, _reap = honest.watch, honest.reap


def signalling(note_reaped):
    """Return run.

    note_reaped: called with all pids, a set, and the one that has been reaped.
    """

    def watch(pid, r, pids, open_now, poller):
        _call.current().pids.add(pid)
        _watch(pid, r, pids, open_now, poller)

    def reap(pid):
        status = _reap(pid)
        note_reaped(_call.current().pids, pid)
        return status

    @honest.careful
    def run(n, workers):
        caller = os.getpid()
        with _call.call(pids=set()) as call:
            try:
                return honest.run(n, workers)
            finally:
                for pid in call.pids if os.getpid() == caller else ():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)

    honest.watch, honest.reap = watch, reap
    return run


run = signalling(lambda pids, pid: None)
