"""anyio.to_process.run_sync in a task group: anyio.readthedocs.io, "Working with subprocesses"."""

import math

from tests.peers import missing


def unsupported():
    return missing("anyio")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


async def gather(n, workers):
    from anyio import CapacityLimiter, create_task_group, to_process

    limiter = CapacityLimiter(workers)
    parts = []

    async def add(lo, hi):
        parts.append(await to_process.run_sync(partial_sum, lo, hi, limiter=limiter))

    async with create_task_group() as group:
        for i in range(workers):
            group.start_soon(add, i * n // workers, (i + 1) * n // workers)
    return math.sqrt(8 * math.fsum(parts))


def run(n, workers):
    from anyio import run

    return run(gather, n, workers)
