"""ProcessPoolExecutor: after Ctrl-C the caller waits until its workers have done their work.

That may be hours. Here the caller, on KeyboardInterrupt, reaps its workers, which do not hear
SIGINT, instead of ending them.
"""

import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/125886"
CAUGHT_BY = ("B2",)
_end = honest.end


def _wait_or_end(pids):
    if isinstance(sys.exception(), KeyboardInterrupt):
        for pid in pids:
            honest.reap(pid)
    else:
        _end(pids)


honest.end = _wait_or_end
run = honest.run
