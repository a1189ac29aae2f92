"""A caller that knows a worker which has failed by the length of what it has sent."""

from tests.selftest.defects import honest


def take(pids, said, poller, ready):
    """As honest.take, but no status is looked at."""
    for over, _ in ready:
        poller.unregister(over)
        pid, r = pids.pop(over)
        status = honest.reap(pid)
        said[r] = honest.drain(r)
        if len(said[r]) != 8:
            said[r] = honest.lost(pid, status, said[r])
