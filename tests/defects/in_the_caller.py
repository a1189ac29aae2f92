"""The workers do nothing; the caller computes."""

import math
import os

from tests.defects import honest

CAUGHT_BY = ("A5",)


def run(n, workers):
    """Fork for show."""
    honest.check(n, workers)
    for _ in range(workers):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    return math.sqrt(8 * honest.term_sum(0, n))
