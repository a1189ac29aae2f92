"""pexpect read all that a child wrote, then asked for its status too early, and waited a long time.

Here the caller, when it has heard from a worker, looks every 0.15 s whether that has ended.  At the
first look it often has not: it exits right then.
"""

import contextlib
import os
import select
import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/pexpect/pexpect/pull/56"
CAUGHT_BY = ("D2",)
_watch, _take = honest.watch, honest.take


def until_ended(pid):
    with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored: it is gone by now
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.15)


def heard(follow):
    """Return run, which calls follow(pid) when a worker has written, or has closed its pipe."""

    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        poller.register(r, select.POLLIN)
        _call.current().pids[r] = pid

    def take(pids, said, poller, ready):
        for fd, _ in ready:
            if fd not in pids:
                poller.unregister(fd)
                follow(_call.current().pids[fd])
        _take(pids, said, poller, [(fd, event) for fd, event in ready if fd in pids])

    @honest.careful
    def run(n, workers):
        with _call.call(pids={}):
            return honest.run(n, workers)

    honest.watch, honest.take = watch, take
    return run


run = heard(until_ended)
