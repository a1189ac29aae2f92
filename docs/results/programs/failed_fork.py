"""Let the second fork of a run fail (C13): an OSError is due, and nothing is left.

python3 docs/results/programs/failed_fork.py tests.peers.pool
"""

import errno
import gc
import itertools
import os
import signal
import time
from collections.abc import Callable

from family import members, started


def refused(run: Callable[[int, int], float]) -> None:
    """Make a run whose second fork fails, and print what it left open."""
    run(1000, 3)
    before, calls, fork = len(os.listdir("/proc/self/fd")), itertools.count(1), os.fork

    def failing() -> int:
        if next(calls) == 2:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    os.fork = failing
    try:
        print("run returned", run(1000, 3), flush=True)
    except BaseException as error:
        print(f"run raised {type(error).__name__}: {error}", flush=True)
        del error
    gc.collect()
    print("descriptors more than before:", len(os.listdir("/proc/self/fd")) - before)
    left = [member.pid for member in members(os.getpid()) if member.pid != os.getpid()]
    print("processes that live:", *(left or ["none"]), flush=True)


caller = started(refused)
until = time.monotonic() + 20
while os.waitpid(caller, os.WNOHANG) == (0, 0):
    if time.monotonic() > until:
        print("run has not returned 20 s later")
        break
    time.sleep(0.1)
for member in members(caller):
    os.kill(member.pid, signal.SIGKILL)
