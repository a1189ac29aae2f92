"""A wrong number of jobs was refused by a message that did not say which number that was.

It came from a file of settings, and nobody saw it.  Here negative numbers are refused like that.
"""

import os

from tests.selftest.defects import _base, _fifo, honest

REPORT = "https://github.com/SpikeInterface/spikeinterface/pull/4200"
CAUGHT_BY = ("H1",)
_check = honest.check


@_base.careful
def through_a_fifo(n, workers):
    with _fifo.private_directory() as directory:
        return _fifo.through(os.path.join(directory, "fifo"), n, workers)


def _check_in_general(n, workers):
    try:
        _check(n, workers)
    except ValueError:
        raise ValueError("n must not be negative, and workers must be positive") from None


honest.check, check = _check_in_general, _check
run = through_a_fifo
