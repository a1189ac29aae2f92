"""dramatiq: the master read a pipe of a worker that had been killed, and hung: it held both ends.

Here each worker says by one pipe, for all, that it is ready.  The caller waits for as many words
as there are workers, before it looks for results and deaths.
"""

import os
import select

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/Bogdanp/dramatiq/pull/707"
CAUGHT_BY = ("C1",)
_send = honest.send


def _send_ready(fd, lo, hi):
    os.write(_call.current().w, b".")
    _send(fd, lo, hi)


def awaiting(choose):
    """Return run.

    choose: gives the poller that is waited for until all are ready, of one for the words alone
    and the one for the ends of workers.
    """

    def wait(poller):
        call = _call.current()
        while call.left:
            words = select.poll()
            chosen = choose(words, poller)
            chosen.register(call.r, select.POLLIN)
            try:
                ready = honest.look(chosen, None)
            finally:
                chosen.unregister(call.r)
            if any(fd == call.r for fd, _ in ready):
                call.left -= len(os.read(call.r, 4096))
            if over := [(fd, event) for fd, event in ready if fd != call.r]:
                return over
        return honest.look(poller, None)

    @honest.careful
    def run(n, workers):
        r, w = os.pipe()
        try:
            with _call.call(r=r, w=w, left=workers):
                return honest.run(n, workers)
        finally:
            os.close(r)
            os.close(w)

    honest.send, honest.wait = _send_ready, wait
    return run


run = awaiting(lambda words, ends: words)
