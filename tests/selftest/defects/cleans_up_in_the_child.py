"""A worker leaves as a program does: what the caller has registered for its exit is run."""

import atexit

from tests.selftest.defects import honest

CAUGHT_BY = ("E5",)
_send = honest.send


def _and_clean_up(fd, lo, hi):
    _send(fd, lo, hi)
    atexit._run_exitfuncs()


honest.send = _and_clean_up
run = honest.run
