"""pwntools: a timeout was meant for all of an operation, and each receive in it had it anew.

As long as something comes now and then, it never ends.  Here each time that the caller waits has
the timeout: that of the run begins anew when a worker has ended.
"""

import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/Gallopsled/pwntools/issues/150"
CAUGHT_BY = ("D3",)

run = _timed.timed()
_wait = honest.wait


def _wait_anew(poller):
    call = _call.current()
    if call.until is not None:
        now = time.monotonic()
        call.limit = getattr(call, "limit", call.until - now)
        call.until = now + call.limit
    return _wait(poller)


honest.wait = _wait_anew
