"""A profiler ended what it had started by pkill, and with that what others had of the same name.

Here a run kills, at its end, all children of its process that have its name.  After os.fork these
are also the caller's own, and the workers of another thread.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/cyliustack/sofa/issues/6"
CAUGHT_BY = ("E3",)
_end = honest.end


def _name_and_parent(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        name, _, rest = file.read().rpartition(b")")
    return name.partition(b"(")[2], int(rest.split()[1])


def _children_of_this_name():
    mine = _name_and_parent("self")[0], os.getpid()
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            if _name_and_parent(pid) == mine:
                yield int(pid)


def _end_all(pids):
    _end(pids)
    with contextlib.suppress(OSError):
        for pid in _children_of_this_name():
            os.kill(pid, signal.SIGKILL)


honest.end = _end_all
run = honest.run
