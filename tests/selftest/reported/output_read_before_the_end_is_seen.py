"""A program read what a child had printed, then saw that it had ended: the last lines were lost.

They had been written in between.  Here the caller, whenever somebody has ended, reads the pipes of
all workers, and asks for the exit statuses of all after that.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/JakeWharton/pidcat/pull/111"
CAUGHT_BY = ("A6",)


def has_ended(pid):
    """Give the status of a worker that has ended, or None."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # SIGCHLD is ignored: it is gone by now
        return 0
    return status if found else None


def early(pids, said):
    for _, r in pids.values():
        said[r] += honest.drain(r)


def nothing(pids, said):
    pass


def reading(before, after):
    """Return run; before, after: what reads, called around the question who has ended."""

    def take(pids, said, poller, ready):
        if not ready:
            return
        before(pids, said)
        statuses = {over: has_ended(pid) for over, (pid, _) in pids.items()}
        ended = {over: pids[over] for over, status in statuses.items() if status is not None}
        after(ended, said)
        for over, (pid, r) in ended.items():
            poller.unregister(over)
            del pids[over]
            if statuses[over] or len(said[r]) != 8:
                said[r] = honest.lost(pid, statuses[over], said[r])

    honest.take = take
    return honest.run


run = reading(early, nothing)
