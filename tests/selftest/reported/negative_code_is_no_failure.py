"""A job was killed for want of memory, and its partial output taken: `if code > 0` is a failure.

Python gives the number of a signal as a negative code.  Here the caller takes what there is of a
worker whose code is not above 0.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/Kitware/dive/pull/1752"
CAUGHT_BY = ("A3", "C2")


def judging(failed):
    """Return run; failed(code): whether the worker with that exit code has failed."""

    def take(pids, said, poller, ready):
        for r, pid, status in honest.ended(pids, said, poller, ready):
            code = os.waitstatus_to_exitcode(status)
            if failed(code) or (code == 0 and len(said[r]) != 8):
                honest.lost(pid, status, said[r])
            if len(said[r]) != 8:
                del said[r]

    honest.take = take
    return honest.run


run = judging(lambda code: code > 0)
