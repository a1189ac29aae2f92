"""multiprocessing: the exit code is None after join, where another thread starts processes.

Each start reaps what has ended, also the children of other threads. Here each run does so at its
start, and forgets their statuses. Of 400 runs in four threads, most fail.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/148318"
CAUGHT_BY = ("E1",)
_watch = honest.watch
_alive = set()


def _watch_and_note(pid, r, pids, open_now, poller):
    _alive.add(pid)
    _watch(pid, r, pids, open_now, poller)


def _reap(pid):
    _alive.discard(pid)
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            return 0
        raise RuntimeError(f"pid {pid} ended with None") from None


@honest.careful
def run(n, workers):
    for pid in list(_alive):
        with contextlib.suppress(ChildProcessError):  # of a parent of this process
            os.waitpid(pid, os.WNOHANG)
    return honest.run(n, workers)


honest.watch, honest.reap = _watch_and_note, _reap
