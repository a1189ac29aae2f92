"""Where a fork fails, it waits until the workers have done what they were started for."""

from tests.selftest.defects import honest
from tests.selftest.reported.workers_before_a_failed_fork_stay import starting

CAUGHT_BY = ("C13",)


def _wait_for_all(pids):
    for pid in pids:
        honest.reap(pid)


run = starting(where_failed=_wait_for_all)
