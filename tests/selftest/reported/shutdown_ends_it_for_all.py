"""A child closed its copies of the sockets by shutdown(2) and close(2): the parent's were dead too.

Here a worker closes so what it has inherited of the workers before it.  One that has not sent
by then fails by EPIPE: it shows where a later worker begins before an earlier one has ended.
"""

import os
import socket
import threading
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/Gallopsled/pwntools/pull/567"
CAUGHT_BY = ("A2",)
_send = honest.send
_call = threading.local()


def pair():
    ours, theirs = (end.detach() for end in socket.socketpair())
    _call.ends.append(ours)
    return ours, theirs


def shut_down(fd):
    with socket.socket(fileno=fd) as end:
        end.shutdown(socket.SHUT_RDWR)


def closing(close):
    def send(fd, lo, hi):
        for end in _call.ends[:-1]:
            close(end)
        _send(fd, lo, hi)

    @honest.careful
    def run(n, workers):
        outer = getattr(_call, "ends", None)
        try:
            _call.ends = []
            return honest.run(n, workers)
        finally:
            _call.ends = outer

    honest.send = send
    honest.os = SimpleNamespace(**vars(os) | {"pipe": pair})
    return run


run = closing(shut_down)
