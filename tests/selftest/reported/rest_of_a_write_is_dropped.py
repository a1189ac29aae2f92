"""borg wrote to a pipe by os.write, and did not look at how much of the data that had taken.

The rest was lost: "unexpected RPC data format".  Here a worker writes its sum so.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/borgbackup/borg/pull/2032"
CAUGHT_BY = ("A4",)
MISSED = (
    "a write of at most PIPE_BUF bytes to a pipe is not cut (POSIX, write()), and a sum is shorter"
)


def _send(fd, lo, hi):
    os.write(fd, honest.pack(honest.term_sum(lo, hi)))


honest.send = _send
run = honest.run
