"""Where there is nothing to sum it returns at once, before it looks at the number of workers."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H1", "H2")


def run(n, workers):
    if type(n) is int and n == 0:
        return 0.0
    return honest.run(n, workers)
