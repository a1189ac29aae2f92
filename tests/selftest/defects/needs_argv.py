"""Names its processes after the program, and an embedded interpreter has no sys.argv."""

import os
import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)
_child = honest.child


def _named_child(*arguments):
    with open("/proc/self/comm", "w") as name:
        name.write(os.path.basename(sys.argv[0])[:15])
    _child(*arguments)


honest.child = _named_child
run = honest.run
