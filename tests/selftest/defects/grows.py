"""A history of all runs is kept, with what each worker has said."""

from tests.selftest.defects import honest

CAUGHT_BY = ("B1",)
_history = []


def run(n, workers):
    value = honest.run(n, workers)
    _history.append([bytearray(32768) for _ in range(workers)])
    return value
