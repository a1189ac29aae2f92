"""A default argument had the pid of the process at the import: forked ones measured their parent.

Here a worker ends if its parent has not that pid.  In a process that the program has forked, each
worker does.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/mlco2/codecarbon/issues/1318"
CAUGHT_BY = ("E4", "E7")
_child = honest.child


def _child_of_the_program(parent, r, w, lo, hi, pid=os.getpid()):  # noqa: B008 - the bug
    _child(pid, r, w, lo, hi)


honest.child = _child_of_the_program
run = honest.run
