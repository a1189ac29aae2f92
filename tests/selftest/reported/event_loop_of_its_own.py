"""A function that starts an event loop fails in Jupyter, where a loop is running already.

Here the caller waits inside of a loop of its own: RuntimeError if the thread of the caller runs
one.
"""

import asyncio
import contextlib

from tests.selftest.defects import honest

REPORT = "https://github.com/pycontribs/subprocess-tee/issues/92"
CAUGHT_BY = ("E4",)


async def _in_the_loop(n, workers):
    return honest.run(n, workers)


@honest.careful
def run(n, workers):
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(_in_the_loop(n, workers))
