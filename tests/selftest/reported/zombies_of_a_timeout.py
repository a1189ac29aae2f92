"""A process that was terminated because of a timeout stayed as a zombie: nobody waited for it.

Here the workers of a run whose time is over are killed, and not reaped; those of any other run are.
"""

import contextlib
import os
import signal

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/ipol-journal/ipolDevel/issues/67"
CAUGHT_BY = ("D3", "B1")
end_and_reap = honest.end


def _over():
    _call.current().over = True


def _killed(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def ending(late):
    """Return run; late(pids): ends workers whose time is over."""

    def end(pids):
        (late if getattr(_call.current(), "over", False) else end_and_reap)(pids)

    honest.end = end
    return _timed.timed(over=_over)


run = ending(_killed)
