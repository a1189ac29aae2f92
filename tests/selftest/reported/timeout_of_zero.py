"""celery: AsyncResult.get(timeout=0) waits for ever, since `if timeout` is false for 0.

Here 0 seconds are taken for no timeout too.
"""

from tests.selftest.reported import _timed

REPORT = "https://github.com/celery/celery/pull/10487"
CAUGHT_BY = ("D3",)


def _check(timeout):
    if type(timeout) is bool or timeout:
        _timed.check(timeout)


run = _timed.timed(check=_check)
