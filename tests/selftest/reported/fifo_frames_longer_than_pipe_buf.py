"""Daemons wrote messages longer than PIPE_BUF to one fifo, where they got mixed.

A write of more than 4096 bytes to a pipe that is full is done in pieces, and others write in
between (pipe(7)).  Here a frame has room for a report, 10000 bytes.  Frames that are mixed are not
counted: where many workers write and the caller reads slowly, results are missing.
"""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo

REPORT = "https://github.com/younix/sj/issues/16"
CAUGHT_BY = ("A1", "D1")


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers, padding=10000)
