"""A library kept the shard it was at in os.environ: all threads have one, and overwrote it.

Here a worker reads from the environment how many terms there are.  The run puts back what was there
before.
"""

import contextlib
import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/potatolondon/djangae/issues/1207"
CAUGHT_BY = ("E1", "E6")
_bounds, _send = honest.bounds, honest.send


@contextlib.contextmanager
def _environment(n):
    before = os.environ.get("PI_TERMS")
    os.environ["PI_TERMS"] = str(n)
    try:
        yield lambda: int(os.environ["PI_TERMS"])
    finally:
        os.environ.pop("PI_TERMS", None)
        if before is not None:
            os.environ["PI_TERMS"] = before


@contextlib.contextmanager
def of_the_run(n):
    yield lambda: n


def kept(settings):
    """Return run; settings(n): a context, which gives a function that tells n to a worker."""

    def send(fd, number, workers):
        lo, hi = _bounds(_call.current().terms(), workers)[number]
        _send(fd, lo, hi)

    @honest.careful
    def run(n, workers):
        with settings(n) as terms, _call.call(terms=terms):
            return honest.run(n, workers)

    honest.bounds = lambda n, workers: [(number, workers) for number in range(workers)]
    honest.send = send
    return run


run = kept(_environment)
