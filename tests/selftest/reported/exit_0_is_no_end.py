"""A pool went on counting a worker that had called exit(): code 0 was not taken for its end.

Here the caller waits on for the result of such a worker.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/WyriHaximus/reactphp-child-process-pool/issues/48"
CAUGHT_BY = ("C7",)


def counting(counts):
    """Return run; counts(status): whether a worker without a result is still one of the pool."""

    def take(pids, said, poller, ready):
        for over, _ in ready:
            poller.unregister(over)
            pid, r = pids[over]
            status = honest.reap(pid)
            said[r] = honest.drain(r)
            whole = status == 0 and len(said[r]) == 8
            if whole or not counts(status):
                del pids[over]
            if not whole and not counts(status):
                honest.lost(pid, status, said[r])

    honest.take = take
    return honest.run


run = counting(lambda status: status == 0)
