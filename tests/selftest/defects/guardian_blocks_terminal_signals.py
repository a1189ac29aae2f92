"""The guardian blocks what a terminal sends to its group, and no other signal."""

import functools
import os
import signal

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("B3",)
TERMINAL = {signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM}
_base.guard = functools.partial(_base.guard, blocked=TERMINAL)


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as place:
        return _fifo.through(os.path.join(place, "fifo"), n, workers)
