"""bubblewrap: PR_SET_PDEATHSIG has no effect if the parent has died before the child asks for it.

Here a worker does not look afterwards who its parent is.
"""

import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/containers/bubblewrap/issues/700"
CAUGHT_BY = ("B3",)


def _child(parent, r, w, lo, hi):
    status = 1
    try:
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


honest.child = _child
run = honest.run
