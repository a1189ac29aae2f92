"""A log handler lost each message that was longer than a datagram: EMSGSIZE, and all of it is gone.

Here a worker tells its exception in a datagram of a Unix socket.
"""

import contextlib
import os
import socket
import struct

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _carried

REPORT = "https://github.com/eventbrite/pysoa/pull/138"
CAUGHT_BY = ("C8",)
PID = struct.Struct("<I")


def told(text_of):
    """Return run; text_of(error): the bytes that are told of an exception."""

    def deliver(_, error):
        with contextlib.suppress(OSError):
            _call.current().ours.send(PID.pack(os.getpid()) + text_of(error))

    def lost(pid, status, said):
        text = said[8:]
        with contextlib.suppress(BlockingIOError):
            while not text:
                told = _call.current().theirs.recv(1 << 22, socket.MSG_DONTWAIT)
                text = told[PID.size :] if PID.unpack_from(told) == (pid,) else b""
        how = _carried.how(status)
        raise RuntimeError(f"pid {pid} ended with {how}: {text.decode(errors='replace')}")

    _carried.carried(deliver=deliver)
    honest.lost = lost

    @honest.careful
    def run(n, workers):
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with theirs, ours:
            ours.setblocking(True)  # whatever timeout the program gives to each
            theirs.setblocking(True)
            with _call.call(theirs=theirs, ours=ours):
                return honest.run(n, workers)

    return run


def whole(error):
    return f"{type(error).__name__}: {error}".encode(errors="backslashreplace")


run = told(whole)
