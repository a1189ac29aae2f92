"""Kill a worker amid its work (C2): an error that names it is due.

python3 docs/results/programs/killed_worker.py tests.peers.pool
"""

import os
import signal
import sys
import time

from family import busiest_worker, started, tell

caller = started(tell)
victim = busiest_worker(caller)
os.kill(victim, signal.SIGKILL)
print(f"worker {victim} was killed by SIGKILL", flush=True)
until = time.monotonic() + 30
while os.waitpid(caller, os.WNOHANG) == (0, 0):
    if time.monotonic() > until:
        print("run has not returned 30 s later")
        os.killpg(caller, signal.SIGKILL)
        sys.exit(1)
    time.sleep(0.1)
