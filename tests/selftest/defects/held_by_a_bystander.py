"""Takes the end of file for the death of a worker: somebody else's child may hold the pipe open.

A result is taken when its eight bytes are there, so a run without a death ends in time.
"""

import os
import select

from tests.selftest.defects import honest

CAUGHT_BY = ("E8",)


def _watch(pid, r, pids, open_now, poller):
    pids[r] = pid, r
    poller.register(r, select.POLLIN)


def _take(pids, said, poller, ready):
    for r, _ in ready:
        data = os.read(r, 512)
        said[r] += data
        if data and len(said[r]) < 8:
            continue
        poller.unregister(r)
        pid, _ = pids.pop(r)
        status = honest.reap(pid)
        if status or len(said[r]) != 8:
            said[r] = honest.lost(pid, status, said[r])


honest.watch, honest.take = _watch, _take
run = honest.run
