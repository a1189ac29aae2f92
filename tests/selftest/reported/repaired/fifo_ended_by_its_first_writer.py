"""The caller has the fifo open for writing too, so that there is no end of file."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers, writer=True)
