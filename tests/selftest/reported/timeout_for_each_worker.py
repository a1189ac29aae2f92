"""A program gave its threads a time to end, and joined one after the other with all of that time.

It was meant for all of them together.  Here each worker has the timeout of the run: twenty workers
that are stuck are waited for twenty times as long.
"""

from tests.selftest.defects import honest
from tests.selftest.reported import _timed

REPORT = "https://github.com/openWB/core/pull/2606"
CAUGHT_BY = ("D3",)
_run = _timed.timed()


def for_all(timeout, workers):
    return timeout


def _for_each(timeout, workers):
    return timeout * workers


def bounded(share):
    """Return run; share: gives the seconds for all workers."""

    def run(n, workers, *, timeout=None):
        honest.check(n, workers)
        _timed.check(timeout)
        return _run(n, workers, timeout=timeout and share(timeout, workers))

    return run


run = bounded(_for_each)
