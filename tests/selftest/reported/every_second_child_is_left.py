"""A program that detached its children left every second one: its list changed during the loop.

Here a worker that has been ended is taken out of the list that is being walked.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/twisted/nevow/pull/45"
CAUGHT_BY = ("B1", "B2", "C2", "C13", "F1")
_end = honest.end


def _end_and_forget(pids):
    left = list(pids)
    for pid in left:
        _end([pid])
        left.remove(pid)


honest.end = _end_and_forget
run = honest.run
