"""A pid that was reaped is forgotten."""

from tests.selftest.reported.signals_the_reaped import signalling

run = signalling(lambda pids, pid: pids.discard(pid))
