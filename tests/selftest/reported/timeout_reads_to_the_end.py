"""subprocess.run kills its child at the timeout, and reads on until a grandchild closes the pipe.

Here the caller kills its workers when the time is over, and reads from each pipe what is still to
come, up to the end of file. A child of a worker's has the pipe open too.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/python/cpython/issues/76116"
CAUGHT_BY = ("D3",)
MISSED = "no worker of a trial has a child of its own that outlives it"
_watch = honest.watch


def _watch_and_note(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.current().pipes.append((pid, r))


def read_all():
    for pid, _ in _call.current().pipes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for _, r in _call.current().pipes:
        while os.read(r, 512):
            pass


honest.watch = _watch_and_note
run = _timed.timed(over=read_all)
