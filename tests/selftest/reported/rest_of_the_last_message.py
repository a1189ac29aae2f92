"""A program found old data in the buffer that it receives into, after a new message had come.

Here the sums of the workers are read into one buffer, and nobody looks how much has come.  It has
the sum of another worker where one has sent nothing.
"""

import contextlib
import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/Phantom139/PhantomBot/issues/15"
CAUGHT_BY = ("A4", "C7")


def _take(pids, said, poller, ready):
    buffer = _call.current().buffer
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids.pop(over)
        status = honest.reap(pid)
        os.set_blocking(r, False)
        with contextlib.suppress(BlockingIOError):
            os.readv(r, [buffer])
        if status or buffer == b"!" * len(buffer):
            honest.lost(pid, status, bytes(buffer) + honest.drain(r))
        said[r] = bytes(buffer)


@honest.careful
def run(n, workers):
    with _call.call(buffer=bytearray(8)):
        return honest.run(n, workers)


honest.take = _take
