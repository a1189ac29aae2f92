"""A server reaped, by waitpid(-1), also the child of a library, which then could not wait for it.

Here the caller, when a worker has ended, reaps all children that have.  It keeps the statuses of
workers, and drops what is not of one.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/benoitc/gunicorn/issues/1584"
CAUGHT_BY = ("E3",)
_watch = honest.watch
_started, _ended = set(), {}


def watch(pid, r, pids, open_now, poller):
    _started.add(pid)
    _watch(pid, r, pids, open_now, poller)


def reap_all():
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            pid, status = found
            if pid in _started:
                _ended[pid] = status


def reap(pid):
    reap_all()
    if pid not in _ended:
        with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored, or a thread was faster
            _ended[pid] = os.waitpid(pid, 0)[1]
    _started.discard(pid)
    return _ended.pop(pid, 0)


honest.watch, honest.reap = watch, reap
run = honest.run
