"""Let descriptors run out (F1): an OSError is due, and no descriptor stays open.

python3 docs/results/programs/few_descriptors.py tests.peers.pool
"""

import gc
import os
import resource
import signal
import time
from collections.abc import Callable

from family import members, started


def starved(run: Callable[[int, int], float]) -> None:
    """Make runs that get ever fewer descriptors, and print what each left open."""
    run(1000, 3)
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = len(os.listdir("/proc/self/fd"))
    for room in range(30, 0, -3):
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + room, highest[1]))
        try:
            said = f"returned {run(1000, 3)}"
        except BaseException as error:
            said = f"raised {type(error).__name__}: {error}"
            del error
        resource.setrlimit(resource.RLIMIT_NOFILE, highest)
        gc.collect()
        more = len(os.listdir("/proc/self/fd")) - before
        print(f"room for {room} descriptors: run {said}; {more} more are open", flush=True)


caller = started(starved)
until = time.monotonic() + 60
while os.waitpid(caller, os.WNOHANG) == (0, 0):
    if time.monotonic() > until:
        print("run has not returned")
        break
    time.sleep(0.1)
for member in members(caller):
    os.kill(member.pid, signal.SIGKILL)
