"""pexpect: the terminal of a login that failed stays open, one more at each attempt.

Here the pipe of a worker that has failed is not closed.  The pipes of the others are.
"""

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/pexpect/pexpect/issues/103"
CAUGHT_BY = ("B1",)
_watch, _lost = honest.watch, honest.lost


def keep(open_now, r):
    open_now.discard(r)


def leaving(keep):
    """Return run.

    keep: called, where a worker has failed, with what is to be closed, a set, and its pipe.
    """

    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        _call.current().pipes[pid] = open_now, r

    def lost(pid, status, said):
        keep(*_call.current().pipes[pid])
        _lost(pid, status, said)

    @honest.careful
    def run(n, workers):
        with _call.call(pipes={}):
            return honest.run(n, workers)

    honest.watch, honest.lost = watch, lost
    return run


run = leaving(keep)
