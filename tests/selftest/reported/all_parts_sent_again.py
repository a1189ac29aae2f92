"""pyzmq: of a message in parts, some had been sent when EAGAIN came, and nobody knew which.

Here the bytes of a sum go in eight datagrams of a pair of Unix sockets, which holds some 280 of
them (SO_SNDBUF).  A worker that finds no room for one waits, and sends all parts again.  The caller
gets the first parts twice, and takes what comes first for the sum.
"""

import contextlib
import select
import socket
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/zeromq/pyzmq/issues/104"
CAUGHT_BY = ("D1",)
NUMBER = struct.Struct("<I")


def _wait_for_room(peer):
    poller = select.poll()
    poller.register(peer, select.POLLOUT)
    poller.poll()


def through(n, workers, rest):
    """Run; rest(parts, sent): what is to be sent after so many have been."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setblocking(False)
    theirs.setblocking(True)
    found = {}

    def work(number, value):
        parts = [NUMBER.pack(number) + bytes([byte]) for byte in struct.pack("<d", value)]
        while parts:
            sent = 0
            try:
                for part in parts:
                    theirs.send(part, socket.MSG_DONTWAIT)
                    sent += 1
            except BlockingIOError:
                _wait_for_room(theirs)
            parts = parts[sent:] if sent == len(parts) else rest(parts, sent)

    def take(_):
        with contextlib.suppress(BlockingIOError):
            while True:
                part = ours.recv(64)
                (number,) = NUMBER.unpack(part[:4])
                found[number] = (found.get(number, b"") + part[4:])[:8]
        whole = {number: parts for number, parts in found.items() if len(parts) == 8}
        return {number: struct.unpack("<d", parts)[0] for number, parts in whole.items()}

    with ours, theirs:
        return _base.total(_base.gather(n, workers, work, take, ours.fileno()))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda parts, sent: parts)
