"""Interrupt a run by Ctrl-C (B2): KeyboardInterrupt is due, nothing is printed, nothing is left.

python3 docs/results/programs/interrupted_caller.py tests.peers.pool
"""

import gc
import os
import signal
import time
from collections.abc import Callable

from family import busiest_worker, members, started


def interrupted(run: Callable[[int, int], float]) -> None:
    """Make a run that the program interrupts, and print what is left of it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = set(os.listdir("/proc/self/fd"))
    try:
        print("run returned", run(400_000_000, 3))
    except BaseException as error:
        print(f"run raised {type(error).__name__}")
        del error
    gc.collect()
    time.sleep(0.5)
    new = set(os.listdir("/proc/self/fd")) - before
    left = [member.pid for member in members(os.getpid()) if member.pid != os.getpid()]
    print("processes that live:", *(left or ["none"]))
    print("descriptors that are open:", *(sorted(new) or ["none"]), flush=True)


caller = started(interrupted)
busiest_worker(caller)
os.killpg(caller, signal.SIGINT)
os.waitpid(caller, 0)
for member in members(caller):
    os.kill(member.pid, signal.SIGKILL)
