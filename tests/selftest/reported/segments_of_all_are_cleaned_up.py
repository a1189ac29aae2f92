"""A program cleaned up by `rm *` in /dev/shm, where another one on the machine may have files too.

Here a run removes, at its end, each segment whose name begins as that of its own: so it finds those
of runs that were killed, and those of runs that are under way in other processes.
"""

import contextlib
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named

REPORT = "https://github.com/Mouse-Imaging-Centre/pydpiper/issues/180"
CAUGHT_BY = ("B4",)


def _clean_up():
    with contextlib.suppress(OSError):
        for name in os.listdir("/dev/shm"):
            if name.startswith("pi-"):
                os.unlink(os.path.join("/dev/shm", name))


@_base.careful
def run(n, workers):
    try:
        return _os_named.through(n, workers)
    finally:
        _clean_up()
