"""Three writes to an eventfd woke its reader once: it took one message, and two stayed unread.

read(2) on an eventfd gives the sum of all that was written, and sets it to 0.  Here the caller
takes one message each time it is woken.  Where two workers ring before it looks, one result is
never taken, and its worker is said to have sent none: every second run of two workers.
"""

import contextlib
import os
import struct

from tests.selftest.defects import _base
from tests.selftest.reported import _os_frames

REPORT = "https://github.com/chenshuo/muduo/issues/173"
CAUGHT_BY = ("A1", "A2", "A6")
FRAME = struct.Struct("<Id")


def through(n, workers, most):
    """Run; most: how many messages the caller takes when it is woken."""
    with contextlib.ExitStack() as stack:
        bell = os.eventfd(0, os.EFD_NONBLOCK)
        stack.callback(os.close, bell)
        r, w = os.pipe()
        stack.callback(os.close, r)
        stack.callback(os.close, w)
        os.set_blocking(r, False)
        rest = bytearray()

        def work(number, value):
            os.write(w, FRAME.pack(number, value))
            os.eventfd_write(bell, 1)

        def take(_):
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(bell)
                return dict(_os_frames.read(r, rest, FRAME, most))
            return {}

        return _base.total(_base.gather(n, workers, work, take, bell))


@_base.careful
def run(n, workers):
    return through(n, workers, 1)
