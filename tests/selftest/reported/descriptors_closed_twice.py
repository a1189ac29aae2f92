"""A library closed a descriptor twice: the second time it may be that of another thread's file.

Here a run closes the pipes of its workers, and once more to be sure that nothing is left.  That
they are closed already is no error to it.
"""

import contextlib
import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/traildb/traildb/pull/44"
CAUGHT_BY = ("E1",)
_watch = honest.watch


def _remember(pid, r, pids, open_now, poller):
    _call.current().pipes.append(r)
    _watch(pid, r, pids, open_now, poller)


@honest.careful
def run(n, workers):
    with _call.call(pipes=[]) as call:
        try:
            return honest.run(n, workers)
        finally:
            for fd in call.pipes:
                with contextlib.suppress(OSError):
                    os.close(fd)


honest.watch = _remember
