"""A program that runs another could not terminate it: the child had SIGTERM blocked, as its parent.

The mask of signals is inherited through fork(2), and the parent blocks what it has handlers for.
Here workers are ended by SIGTERM, which they have set to its default action.  Where the caller has
a handler for it, they do not hear it: who waits for them waits until their work is done.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/ralphlange/procServ/issues/48"
CAUGHT_BY = ("B2",)
_send = honest.send


def _terminate(pids):
    pids = list(pids)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)  # one that is stopped hears nothing else
            os.kill(pid, signal.SIGTERM)
    for pid in pids:
        honest.reap(pid)


def terminating(begin):
    """Return run; begin: called in a worker."""

    def send(fd, lo, hi):
        begin()
        _send(fd, lo, hi)

    honest.end, honest.send = _terminate, send
    return honest.run


def default_action():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


run = terminating(default_action)
