"""A parallel search went on where workers had failed: the file that it made looked whole.

It put together what the others had left.  Here the caller adds up the sums that have come when all
workers have ended, and asks for nobody's exit status.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/biocore/qiime/issues/739"
CAUGHT_BY = ("A3",)


def _take(pids, said, poller, ready):
    for r, _, _ in honest.ended(pids, said, poller, ready):
        if len(said[r]) != 8:
            del said[r]


honest.take = _take
run = honest.run
