"""A worker takes a parent with pid 1 for init, which has adopted it: its caller would be dead."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)
_child = honest.child


def _child_unless_adopted(*arguments):
    if os.getppid() == 1:
        os._exit(1)
    _child(*arguments)


honest.child = _child_unless_adopted
run = honest.run
