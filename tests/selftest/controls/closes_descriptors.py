"""A worker closes all that it has inherited but its pipe, and leaves the session, as daemons do."""

import os
import resource
import signal

from tests.selftest.defects import honest


def _child(parent, r, w, lo, hi):
    status = 1
    try:
        honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.setsid()
        os.dup2(w, 3)
        os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        try:
            # Numbers that had other files are taken again.
            for _ in range(16):
                os.open(os.devnull, os.O_RDWR)
            honest.send(3, lo, hi)
        except BaseException as error:
            os.write(3, b"!" * 8 + repr(error).encode(errors="backslashreplace")[:400])
            raise
        status = 0
    finally:
        os._exit(status)


honest.child = _child
run = honest.run
