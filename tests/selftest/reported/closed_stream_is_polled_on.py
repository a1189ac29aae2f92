"""supervisor took all of a processor: a program had closed its output, and poll told of it always.

Here workers have a pipe for what they log.  They close it when they begin, as they log nothing,
and the caller goes on to wait for it.
"""

import contextlib
import os
import select

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/Supervisor/supervisor/pull/589"
CAUGHT_BY = ("D2",)
_send = honest.send


def _send_without_a_log(fd, lo, hi):
    _call.current().log.pop_all().close()
    _send(fd, lo, hi)


def logging(ended):
    """Return run; ended: called with the poller and the log when this has come to its end."""

    def wait(poller):
        call = _call.current()
        if not call.polled:
            call.log.pop_all().close()
            poller.register(call.r, select.POLLIN)
            call.polled = True
        while True:
            ready = honest.look(poller, None)
            if any(fd == call.r for fd, _ in ready) and not os.read(call.r, 4096):
                ended(poller, call.r)
            if over := [(fd, event) for fd, event in ready if fd != call.r]:
                return over

    @honest.careful
    def run(n, workers):
        r, w = os.pipe()
        with contextlib.ExitStack() as reader, contextlib.ExitStack() as log:
            reader.callback(os.close, r)
            log.callback(os.close, w)
            with _call.call(r=r, log=log, polled=False):
                return honest.run(n, workers)

    honest.send, honest.wait = _send_without_a_log, wait
    return run


run = logging(lambda poller, r: None)
