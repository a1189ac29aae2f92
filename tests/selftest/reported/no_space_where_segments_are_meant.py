"""A radio program stopped by "No space left on device", and its disks were empty.

shmget(2) says ENOSPC where the limit SHMMNI is reached.  The run passes the text on.
"""

import contextlib
import errno
import os
import secrets
import struct

import sysv_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _slots

REPORT = "https://github.com/TrunkRecorder/trunk-recorder/issues/880"
CAUGHT_BY = ("F3",)


@contextlib.contextmanager
def _segment(size, complain):
    """Make a segment, and remove it at once: it lives on where it is attached, see shmctl(2)."""
    key = secrets.randbelow(2**31 - 1) + 1

    def remove():
        with contextlib.suppress(sysv_ipc.ExistentialError):
            found = sysv_ipc.SharedMemory(key)
            found.detach()
            found.remove()

    with _base.guard(remove):
        try:
            made = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o600, size, b"\0")
        except (OSError, MemoryError, ValueError, sysv_ipc.Error) as error:  # ValueError: its size
            complain(error)
    try:
        yield made
    finally:
        made.detach()


def through(n, workers, complain):
    """Run; complain(error) is called where no segment can be had."""
    with _segment(_slots.SIZE * workers, complain) as segment:

        def work(number, value):
            segment.write(struct.pack("<d", value), _slots.SIZE * number)
            segment.write(b"\1", _slots.SIZE * number + 8)

        def take(_):
            return _slots.there(segment.read(_slots.SIZE * workers), workers)

        return _base.total(_base.gather(n, workers, work, take))


def _complain(error):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


@_base.careful
def run(n, workers):
    return through(n, workers, _complain)
