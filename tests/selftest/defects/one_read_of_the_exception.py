"""What a worker says of its exception is taken by one read, which may give a part of it."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("A4",)


def take(pids, said, poller, ready):
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids.pop(over)
        status = honest.reap(pid)
        said[r] = os.read(r, 512) if status == 256 else honest.drain(r)
        if status or len(said[r]) != 8:
            said[r] = honest.lost(pid, status, said[r])


honest.take = take
run = honest.run
