"""multiprocessing: a process was killed, and the others that met it at a Barrier never left that.

Their parent joined them one after another, and hung.  Here workers meet before they work, and the
caller waits for the end of each in the order of their birth.
"""

import contextlib
import os
import select

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/python/cpython/issues/123899"
CAUGHT_BY = ("C1",)
WIDTH = 4  # bytes of the number of those who have come, which are in a pipe
_send, _watch, wait_for_any = honest.send, honest.watch, honest.wait


def read(fd, size):
    data = b""
    while len(data) < size:
        data += os.read(fd, size - len(data))
    return data


def meet(call):
    come = int.from_bytes(read(call.count[0], WIDTH), "little") + 1
    if come == call.workers:
        os.write(call.door[1], b"!" * come)
    else:
        os.write(call.count[1], come.to_bytes(WIDTH, "little"))
    os.read(call.door[0], 1)


def _send_after_meeting(fd, lo, hi):
    meet(_call.current())
    _send(fd, lo, hi)


def _remember(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.current().pids = pids


def wait_for_the_eldest(poller):
    one = select.poll()
    one.register(next(iter(_call.current().pids)), select.POLLIN)
    return honest.look(one, None)


def meeting(wait):
    """Return run; wait: how the caller waits for the end of its workers."""

    @honest.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack:
            count, door = pipe(stack), pipe(stack)
            os.write(count[1], bytes(WIDTH))
            with _call.call(workers=workers, count=count, door=door, pids={}):
                return honest.run(n, workers)

    honest.send, honest.watch, honest.wait = _send_after_meeting, _remember, wait
    return run


def pipe(stack):
    ends = os.pipe()
    for fd in ends:
        stack.callback(os.close, fd)
    return ends


run = meeting(wait_for_the_eldest)
