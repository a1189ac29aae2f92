"""True is taken for one."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H2",)


def run(n, workers):
    if isinstance(n, bool):
        n = int(n)
    if isinstance(workers, bool):
        workers = int(workers)
    return honest.run(n, workers)
