"""A worker of honest.run that does more before its work, and after it."""

import os
import signal

from tests.selftest.defects import honest


def with_a_parent(parent):
    """End this worker if its parent has ended."""
    if os.getppid() != parent:
        os._exit(1)


def killed_with_it(_):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)


def born(*before, after=lambda parent: None):
    """Return run; before, after: called with the pid of the parent, around the work."""

    def child(parent, r, w, lo, hi):
        status = 1
        try:
            for step in before:
                step(parent)
            os.close(r)
            try:
                honest.send(w, lo, hi)
                after(parent)
            except BaseException as error:
                os.write(w, b"!" * 8 + honest.described(error))
                raise
            status = 0
        finally:
            os._exit(status)

    honest.child = child
    return honest.run
