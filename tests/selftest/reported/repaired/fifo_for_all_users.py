"""The fifo is for its owner, in a directory for the owner alone."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers)
