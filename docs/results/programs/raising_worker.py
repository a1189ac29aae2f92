"""Let a worker raise amid its work (C8): an error that names the worker is due, within a second.

Workers that are forked have the handler of the caller; those that are not, ignore the signal.

    python3 docs/results/programs/raising_worker.py tests.peers.pool
"""

import os
import signal
import time
from collections.abc import Callable

from family import busiest_worker, members, started, tell


def raise_it(number: int, frame: object) -> None:
    """Raise, as a handler."""
    raise ValueError("planted amid the work")


def handling(run: Callable[[int, int], float]) -> None:
    """Make a run whose workers raise when SIGURG comes."""
    signal.signal(signal.SIGURG, raise_it)
    tell(run)


caller = started(handling)
victim = busiest_worker(caller)
os.kill(victim, signal.SIGURG)
begun = time.monotonic()
print(f"worker {victim} is to raise ValueError", flush=True)
while os.waitpid(caller, os.WNOHANG) == (0, 0):
    if time.monotonic() > begun + 30:
        print("run has not returned 30 s later")
        break
    time.sleep(0.1)
print(f"{time.monotonic() - begun:.1f} s have passed")
for member in members(caller):
    os.kill(member.pid, signal.SIGKILL)
