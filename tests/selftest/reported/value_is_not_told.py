"""A wrong number of jobs was refused by a message that did not say which number that was.

Its user had to look for his mistake.  Here numbers that are too small are refused like that.
"""

from tests.selftest.defects import _base, honest
from tests.selftest.reported import _os_fifo

REPORT = "https://github.com/SpikeInterface/spikeinterface/pull/4200"
CAUGHT_BY = ("H1",)
_check = honest.check


@_base.careful
def through_a_fifo(n, workers):
    return _os_fifo.through(n, workers)


def _check_in_general(n, workers):
    try:
        _check(n, workers)
    except ValueError:
        raise ValueError("n must not be negative, and workers must be positive") from None


honest.check, check = _check_in_general, _check
run = through_a_fifo
