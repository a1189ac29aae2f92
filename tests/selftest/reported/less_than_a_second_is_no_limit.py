"""A driver cut timeouts to whole seconds: less than one was 0, which stands for no limit.

Here the timeout of a run is cut so.
"""

from tests.selftest.reported import _timed

REPORT = "https://github.com/microsoft/mssql-rs/issues/273"
CAUGHT_BY = ("D3",)
_run = _timed.timed()


def cut(whole):
    """Return run; whole: gives what becomes of a number of seconds; 0 is no limit."""

    def run(n, workers, *, timeout=None):
        _timed.check(timeout)
        return _run(n, workers, timeout=timeout and (whole(timeout) or None))

    return run


run = cut(int)
