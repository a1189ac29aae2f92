"""A monitor crashed when its pid was 32768 or more: it packed it in sixteen bits.

Here a worker's record has its pid in an unsigned short.  On a machine that has made 65536
processes (/proc/sys/kernel/pid_max is 4194304) each run fails by struct.error; in a new PID
namespace none does.
"""

import os
import struct

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/Uninett/nav/issues/170"
CAUGHT_BY = ("A1", "E4")


def records(form):
    record = struct.Struct(form)

    @honest.careful
    def run(n, workers):
        return _srv_stream.through(
            n,
            workers,
            pack=lambda number, value: record.pack(os.getpid(), number, value),
            scan=_srv_stream.fixed(record.size, lambda data: dict([record.unpack(data)[1:]])),
        )

    return run


run = records("<HId")
