"""pyzmq: Context.term() waits until each message has been sent, for ever if nobody takes it.

Here the caller puts a byte for each worker into a pipe, as its job, and does not close the pipe at
the end of a run before it is empty.  A worker that has died before it took its byte leaves that.
"""

import array
import contextlib
import fcntl
import mmap
import os
import struct
import termios
import time

from tests.selftest.defects import _base
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/zeromq/pyzmq/issues/102"
CAUGHT_BY = ("C1",)


@contextlib.contextmanager
def _jobs(number, finish):
    r, w = os.pipe()
    caller = os.getpid()
    try:
        os.set_blocking(w, False)
        _srv_stream.send_all(w, b"!" * number)
        yield r
    finally:
        if os.getpid() == caller:
            finish(r)
        os.close(r)
        os.close(w)


def through(n, workers, finish):
    """Run; finish(fd) is called before the pipe of the jobs is closed."""
    with _jobs(workers, finish) as jobs, mmap.mmap(-1, 9 * workers) as memory:

        def work(number, value):
            os.read(jobs, 1)
            struct.pack_into("<d", memory, 9 * number, value)
            memory[9 * number + 8] = 1

        def take(_):
            slots = enumerate(struct.iter_unpack("<d?", memory[:]))
            return {number: value for number, (value, there) in slots if there}

        return _base.total(_base.gather(n, workers, work, take))


def _wait_until_empty(fd):
    left = array.array("i", [1])
    while left[0]:
        fcntl.ioctl(fd, termios.FIONREAD, left)
        time.sleep(0.001 if left[0] else 0)


@_base.careful
def run(n, workers):
    return through(n, workers, _wait_until_empty)
