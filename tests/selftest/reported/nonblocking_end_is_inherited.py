"""A process manager crashed by BlockingIOError: the pipe that it wrote to did not block.

O_NONBLOCK belongs to the open file description, which all have that inherit it.  Here the caller
sets it on both ends of its pipe before it forks, for an event loop.  Workers that find the pipe
full, when the caller has not read for a while, fail by BlockingIOError.
"""

import os
import struct

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/nickstenning/honcho/issues/168"
CAUGHT_BY = ("D1",)
RECORD = struct.Struct("<Id500x")


def both(r, w):
    os.set_blocking(r, False)
    os.set_blocking(w, False)


def records(prepare):
    @honest.careful
    def run(n, workers):
        return _srv_stream.through(
            n,
            workers,
            pack=RECORD.pack,
            scan=_srv_stream.fixed(RECORD.size, lambda data: dict([RECORD.unpack(data)])),
            prepare=prepare,
        )

    return run


run = records(both)
