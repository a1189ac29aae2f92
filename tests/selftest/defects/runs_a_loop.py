"""Runs an event loop of asyncio, which is refused in a thread that runs one already."""

import asyncio

from tests.selftest.defects import honest

CAUGHT_BY = ("E4", "E7")


@honest.careful
def run(n, workers):
    async def summed():
        return honest.run(n, workers)

    coroutine = summed()
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        coroutine.close()
        loop.close()
