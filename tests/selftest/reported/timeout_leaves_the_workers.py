"""pytorch's DataLoader raises an error when its timeout is over, and leaves its workers running.

Here the end of the time is one way out of `run` that does not end them.
"""

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/pytorch/pytorch/issues/21554"
CAUGHT_BY = ("D3",)
_end = honest.end


def leave():
    _call.current().left = True


def end(pids):
    if not getattr(_call.current(), "left", False):
        _end(pids)


honest.end = end
run = _timed.timed(over=leave)
