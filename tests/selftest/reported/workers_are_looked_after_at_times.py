"""A pool took a tenth of a second for each task: it slept so long before it replaced a worker.

Here the caller sleeps so long each time before it looks at its workers.
"""

import time

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/pull/11488"
CAUGHT_BY = ("D2",)


def _wait(poller):
    while not (ready := honest.look(poller)):
        time.sleep(0.1)
    return ready


honest.wait = _wait
run = honest.run
