"""Kill the caller amid a run (B3): within two seconds none of its processes is to live.

python3 docs/results/programs/killed_caller.py tests.peers.pool
"""

import os
import signal
import time

from family import busiest_worker, members, started

caller = started(lambda run: print(run(2_000_000_000, 3)))
busiest_worker(caller)
os.kill(caller, signal.SIGKILL)
os.waitpid(caller, 0)
time.sleep(2)
left = [member.pid for member in members(caller)]
print("2 s after the caller was killed, these processes live:", *(left or ["none"]))
for pid in left:
    os.kill(pid, signal.SIGKILL)
