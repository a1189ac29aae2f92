"""DataLoader: "worker is killed by signal: Terminated" hides the exception of another worker.

The caller itself has ended that worker. Here, when one has failed, the others are ended and reaped,
and the first of all that ended badly is blamed: the wrong one, unless the first of all workers has
failed.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/pytorch/pytorch/issues/4507"
CAUGHT_BY = ("C8",)


def blaming(choose):
    """Return run.

    choose: returns the one to blame of [(pid, status, what it said)], the first to end first.
    """

    def take(pids, said, poller, ready):
        for over, _ in ready:
            r = pids[over][1]
            said[r], *failed = _ended(over, pids, poller)
            if failed:
                for other, (pid, _) in list(pids.items()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    failed += _ended(other, pids, poller)[1:]
                honest.lost(*choose(failed))

    honest.take = take
    return honest.run


def _ended(over, pids, poller):
    """Return what a worker has said, and, if it has failed, (pid, status, what it said)."""
    poller.unregister(over)
    pid, r = pids.pop(over)
    status, text = honest.reap(pid), honest.drain(r)
    return [text, *([(pid, status, text)] if status or len(text) != 8 else [])]


run = blaming(min)
