"""A library took a datagram without bytes for the end of file: programs dropped the socket then.

recv(2) returns 0 bytes at the end of a stream, and also for a datagram that has none.  Here a
worker has a pair of datagram sockets, and sends an empty one for a slice without terms.  The caller
takes it for the end of a worker that has sent nothing.
"""

import contextlib
import os
import socket
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/mheily/libkqueue/pull/39"
CAUGHT_BY = ("A1",)


def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return ours.detach(), theirs.detach()


def send(fd, lo, hi):
    with socket.socket(fileno=os.dup(fd)) as end:
        end.setblocking(True)  # whatever timeout the program gives to each
        end.send(honest.pack(honest.term_sum(lo, hi)) if lo < hi else b"")


def drain(empty):
    """Return drain; empty: what a datagram without bytes stands for."""

    def drain(r):
        os.set_blocking(r, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(r, 512) or empty
        return b""

    return drain


def with_datagrams(empty):
    honest.os = SimpleNamespace(**vars(os) | {"pipe": pair})
    honest.send, honest.drain = send, drain(empty)
    return honest.run


run = with_datagrams(b"")
