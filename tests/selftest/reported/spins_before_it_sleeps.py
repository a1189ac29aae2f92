"""A reader of vLLM's queue in shared memory spun for a second after each message, then it slept.

In a machine that is at work messages come more often than that: it took a whole core.  Here the
results are in shared memory, and the caller looks for the end of a worker so.
"""

import os
import time

from tests.selftest.defects import _base, _memory, honest

REPORT = "https://github.com/vllm-project/vllm/pull/51950"
CAUGHT_BY = ("D2",)


def spinning(seconds):
    """Return run; seconds: of spinning, before the caller sleeps."""

    def wait(poller):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if ready := honest.look(poller):
                return ready
            os.sched_yield()
        return honest.look(poller, None)

    @_base.careful
    def run(n, workers):
        with _memory.unnamed_memory(16 * workers) as memory:
            return _memory.slots(memory, n, workers)

    honest.wait = wait
    return run


run = spinning(1)
