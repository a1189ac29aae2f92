"""A frame and its room are shorter than PIPE_BUF, so that each write is whole."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_fifo


@_base.careful
def run(n, workers):
    return _os_fifo.through(n, workers, padding=4000)
