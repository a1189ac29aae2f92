"""Workers are not reaped."""

from tests.selftest.defects import honest

CAUGHT_BY = ("B1", "B2", "C9")
_reap = honest.reap
honest.reap = lambda pid: 0
run = honest.run
