"""A reader of a fifo got the end of file when the first writer left, and the next was not heard.

read(2) on a fifo gives 0 bytes where no process has it open for writing, and poll(2) says POLLHUP.
Here the caller takes that for the end of all that will come.  The workers start together; where
one is done before another has opened the fifo, as in one of five runs, a result is missing.
"""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo

REPORT = "https://github.com/nxgtw/go-ipc/issues/2"
CAUGHT_BY = ("A2",)


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers, writer=False)
