"""Three writes to an eventfd woke its reader once: it took one message, and two stayed unread.

read(2) on an eventfd gives the sum of all that was written, and sets it to 0.  Here the caller
takes one message each time it is woken.  Where two workers ring before it looks, one result is
never taken, and its worker is said to have sent none: every second run of two workers.
"""

import contextlib
import os
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/chenshuo/muduo/issues/173"
CAUGHT_BY = ("test_a_short_run_returns_pi",)
FRAME = struct.Struct("<Id")


def through(n, workers, messages):
    """Run; messages(count) says how many messages to take when count have been rung for."""
    bell = os.eventfd(0, os.EFD_NONBLOCK)
    r, w = os.pipe()
    try:

        def work(number, value):
            os.write(w, FRAME.pack(number, value))
            os.eventfd_write(bell, 1)

        def take(_):
            with contextlib.suppress(BlockingIOError):
                rung = os.eventfd_read(bell)
                return dict(FRAME.unpack(os.read(r, FRAME.size)) for _ in range(messages(rung)))
            return {}

        return _base.total(_base.gather(n, workers, work, take, bell))
    finally:
        for fd in (bell, r, w):
            os.close(fd)


@_base.careful
def run(n, workers):
    return through(n, workers, lambda rung: 1)
