"""A caller that knows a worker which has failed by the length of what it has sent."""

from tests.selftest.defects import honest


def take(pids, said, poller, ready):
    """As honest.take, but no status is looked at."""
    for r, pid, status in honest.ended(pids, said, poller, ready):
        if len(said[r]) != 8:
            said[r] = honest.lost(pid, status, said[r])
