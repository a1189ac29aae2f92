"""Call with arguments that are no counts (H1, H2): ValueError or TypeError is due.

python3 docs/results/programs/bad_arguments.py tests.peers.pool
"""

import os
import signal
import time
from collections.abc import Callable

from family import members, started


def tried(run: Callable[[int, int], float], n: object, workers: object) -> None:
    """Print what becomes of one call."""
    try:
        said = f"returned {run(n, workers)}"  # type: ignore[arg-type]
    except BaseException as error:
        said = f"raised {type(error).__name__}: {error}"
    print(f"run({n!r}, {workers!r}) {said}", flush=True)


for n, workers in [(-1, 2), (100, 0), (100, -1), (True, 2), (2.0, 2), ("100", 2)]:
    caller = started(lambda run, n=n, workers=workers: tried(run, n, workers))
    until = time.monotonic() + 10
    while os.waitpid(caller, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            print(f"run({n!r}, {workers!r}) has not returned 10 s later")
            os.kill(caller, signal.SIGKILL)
            os.waitpid(caller, 0)
            break
        time.sleep(0.05)
    for member in members(caller):
        os.kill(member.pid, signal.SIGKILL)
