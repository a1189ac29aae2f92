"""A reader of a fifo got the end of file when the first writer left, and the next was not heard.

read(2) on a fifo gives 0 bytes where no process has it open for writing, and poll(2) says
POLLHUP.  Here the caller takes that for the end of all that will come.  The first worker is often
done before the second has opened the fifo.
"""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo

REPORT = "https://github.com/nxgtw/go-ipc/issues/2"
CAUGHT_BY = ("test_a_short_run_returns_pi",)


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers, writer=False)
