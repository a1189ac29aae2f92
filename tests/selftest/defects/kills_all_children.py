"""After a failure it ends all children of the caller, not its workers alone."""

import contextlib
import os
import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("E3",)
_lost = honest.lost


def _kill_all(pid, status, said):
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{entry}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                os.kill(int(entry), signal.SIGKILL)
    _lost(pid, status, said)


honest.lost = _kill_all
run = honest.run
