"""Where no queue can be had, one is asked for again and again."""

import contextlib
import time

from tests.selftest.defects import _base, _mqueue

CAUGHT_BY = (
    "C13",
    "F1",  # F3 meets the same wait, and is not judged
)


@_base.careful
def run(n, workers):
    """Never give up."""
    with contextlib.ExitStack() as stack:
        while True:
            try:
                queue = stack.enter_context(_mqueue.unnamed())
                break
            except OSError:
                time.sleep(0.05)
        return _mqueue.through(queue, n, workers)
