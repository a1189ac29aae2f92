"""A worker looks who its parent is before it asks for a signal at its death, and not after."""

import os
import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("B3",)


def child(parent, r, w, lo, hi):
    status = 1
    try:
        if os.getppid() != parent:
            os._exit(1)
        honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(r)
        try:
            honest.send(w, lo, hi)
        except BaseException as error:
            os.write(w, b"!" * 8 + honest.described(error))
            raise
        status = 0
    finally:
        os._exit(status)


honest.child = child
run = honest.run
