"""Signals and deaths are heeded only when all workers have been forked."""

from tests.selftest.defects import honest

CAUGHT_BY = ("B2", "C1")
_look = honest.look
honest.look = lambda poller, patience=0: [] if patience == 0 else _look(poller, patience)
run = honest.run
