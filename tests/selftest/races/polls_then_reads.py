"""Two workers see by poll that there is a task, and both read: one waits for ever.

https://github.com/kazuho/Starlet/issues/14: select(2), then accept(2), in each process.
"""

import functools
import os
import select

from tests.selftest.defects import _base, honest
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 1


def through(blocking, n, workers):
    tasks, more = os.pipe()
    os.set_blocking(tasks, blocking)
    with _parts.pipe() as (r, w):
        os.write(more, bytes(range(workers)))

        def next_task():
            poller = select.poll()
            poller.register(tasks, select.POLLIN)
            try:
                return os.read(tasks, 1) if poller.poll(0) else b""
            except BlockingIOError:
                return b""

        def work(number, _):
            while task := next_task():
                value = honest.term_sum(*honest.bounds(n, workers)[task[0]])
                os.write(w, _parts.FRAME.pack(workers + task[0], value))
            os.write(w, _parts.FRAME.pack(number, 0.0))

        def take(_):
            return _parts.frames(_parts.read_all(r))

        try:
            return _base.total(_base.gather(n, workers, work, take))
        finally:
            os.close(tasks)
            os.close(more)


run = _base.careful(functools.partial(through, True))
