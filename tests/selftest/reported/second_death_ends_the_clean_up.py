"""A worker was killed, and its master ended the others: an error at the pipe of one ended that.

The rest was left as it was.  Here the caller tells each worker that it has to end, before it kills
it.  One that has died in the meantime is a BrokenPipeError, and those after it live on.
"""

import contextlib
import os
import signal
import socket
from types import SimpleNamespace

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/Bogdanp/dramatiq/issues/260"
CAUGHT_BY = ("B1",)
_watch = honest.watch


def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(True)  # whatever timeout the program gives to each
    return tuple(end.detach() for end in ends)


def _remember(pid, r, pids, open_now, poller):
    _call.current().ends[pid] = r
    _watch(pid, r, pids, open_now, poller)


def tell(fd):
    os.write(fd, b"!")


def tell_whoever_lives(fd):
    with contextlib.suppress(ConnectionError):
        os.write(fd, b"!")


def telling(tell):
    """Return run; tell: called with the socket of each worker that has to end."""

    def end(pids):
        for pid in pids:
            tell(_call.current().ends[pid])
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            honest.reap(pid)

    @honest.careful
    def run(n, workers):
        with _call.call(ends={}):
            return honest.run(n, workers)

    honest.os = SimpleNamespace(**vars(os) | {"pipe": pair})
    honest.watch, honest.end = _remember, end
    return run


run = telling(tell)
