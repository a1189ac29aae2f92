"""Ctrl-C is taken for the failure of a worker, and answered by a RuntimeError."""

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)


def run(n, workers):
    try:
        return honest.run(n, workers)
    except KeyboardInterrupt:
        raise RuntimeError("a worker failed") from None
