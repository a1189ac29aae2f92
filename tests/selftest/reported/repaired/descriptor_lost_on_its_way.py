"""MSG_CTRUNC is looked at, and is an OSError that says why."""

import errno
import os
import socket

from tests.selftest.defects import _base
from tests.selftest.reported import descriptor_lost_on_its_way as bug


def _complain(count, flags):
    if flags & socket.MSG_CTRUNC:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    raise RuntimeError(f"received {count} items of ancdata")


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _complain)
