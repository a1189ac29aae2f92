"""Twisted dropped datagrams for a Unix socket whose queue was full: EAGAIN was suppressed.

A pair of Unix datagram sockets holds some 280 small datagrams (SO_SNDBUF).  The workers send
without blocking, and take EAGAIN for success.  A result that is dropped is missed at the end.
"""

import contextlib
import socket
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/twisted/twisted/pull/1046"
CAUGHT_BY = ("D1",)
FRAME = struct.Struct("<Id")


def through(n, workers, blocking):
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with receiver, sender:
        receiver.setblocking(False)
        sender.setblocking(blocking)

        def work(number, value):
            with contextlib.suppress(BlockingIOError):
                sender.send(FRAME.pack(number, value))

        def take(_):
            sums = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    sums.append(FRAME.unpack(receiver.recv(FRAME.size)))
            return dict(sums)

        return _base.total(_base.gather(n, workers, work, take, receiver.fileno()))


@_base.careful
def run(n, workers):
    return through(n, workers, blocking=False)
