"""After Ctrl-C twice a tool was left in a bad state: the second one ended its clean-up.

Here Ctrl-C is let in while the workers are ended: the rest of them, and the pipes, are left then.
"""

import select

from tests.selftest.defects import honest

REPORT = "https://github.com/pre-commit/pre-commit/issues/186"
CAUGHT_BY = ("B2",)
_end = honest.end


def _end_one_by_one(pids):
    for pid in pids:
        honest.look(select.poll())
        _end([pid])


honest.end = _end_one_by_one
run = honest.run
