"""How much slower than alone a process goes on, because others use the processors."""

import os
import time

_BURN = 0.005  # seconds of CPU: longer than a scheduler lets others wait on an idle machine


def slowed() -> float:
    """Return how many times longer than its CPU time a piece of computing takes now.

    It is 1.0 on an idle machine, and about the number of runnable processes for each processor on
    a busy one.  The load of the last minute counts too: it may be over.
    """
    start, used = time.monotonic(), time.process_time()
    while (cpu := time.process_time() - used) < _BURN:
        pass
    return max(1.0, (time.monotonic() - start) / cpu, _load())


def _load() -> float:
    """Return how many processes were runnable for each processor, as a mean of a minute."""
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 0.0
