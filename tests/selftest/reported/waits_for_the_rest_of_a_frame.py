"""A worker was killed amid a message: the consumer hung, as Queue.get waits for the rest of it.

Here workers write to one pipe, the size of a message and then the message, while they hold a lock,
which is a byte in another pipe.  The caller reads a whole message when there is a part of one.
"""

import contextlib
import os
import select
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/birdnet-team/birdnet/issues/83"
CAUGHT_BY = ("C3",)
SIZE, BODY = struct.Struct("<I"), struct.Struct("<Id")
WHOLE = SIZE.size + BODY.size


def read_whole(r, stream):
    while len(stream) < WHOLE:
        stream.extend(os.read(r, WHOLE - len(stream)))


def through(n, workers, read):
    """Run; the caller calls read(pipe, stream) when there is something in the pipe."""
    stream, poller = bytearray(), select.poll()
    with contextlib.ExitStack() as stack:
        ends = []
        for _ in range(2):
            ends += os.pipe()
            for fd in ends[-2:]:
                stack.callback(os.close, fd)
        r, w, free, lock = ends
        os.write(lock, b"!")
        poller.register(r, select.POLLIN)

        def work(number, value):
            os.read(free, 1)
            os.write(w, SIZE.pack(BODY.size))
            os.write(w, BODY.pack(number, value))
            os.write(lock, b"!")

        def take(_):
            sums = {}
            while poller.poll(0):
                read(r, stream)
                while len(stream) >= WHOLE:
                    sums |= [BODY.unpack(stream[SIZE.size : WHOLE])]
                    del stream[:WHOLE]
            return sums

        return _base.total(_base.gather(n, workers, work, take, r))


@_base.careful
def run(n, workers):
    return through(n, workers, read_whole)
