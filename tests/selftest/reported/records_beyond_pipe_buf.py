"""Log records of several processes were mixed on a pipe: write(2) is atomic up to 4096 bytes.

Here a record has 20000 bytes.  Where the pipe has no room for the whole of one, from the fourth
worker on, another worker's bytes may come into its midst: both records are lost.
"""

import struct

from tests.selftest.defects import honest
from tests.selftest.reported import _srv_stream

REPORT = "https://github.com/apache/httpd/pull/49"
CAUGHT_BY = ("A2",)
MISSED = "found in about half of the runs: two workers have to write at the same moment"


def records(size):
    record = struct.Struct(f"<I{size - 16}xId")

    def unpack(data):
        first, last, value = record.unpack(data)
        return {last: value} if first == last else {}

    @honest.careful
    def run(n, workers):
        return _srv_stream.through(
            n,
            workers,
            pack=lambda number, value: record.pack(number, number, value),
            scan=_srv_stream.fixed(size, unpack),
        )

    return run


run = records(20000)
