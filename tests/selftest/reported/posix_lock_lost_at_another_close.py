"""iceoryx2 looked at its own lock file, and lost the lock: closing any descriptor releases it.

A lock of fcntl(2) belongs to the process and the file.  Here a worker that has the lock opens the
file a second time, to see who has it, and closes that.  From then on others have it too.
"""

import fcntl
import os

from tests.selftest.defects import _base, _file
from tests.selftest.reported import _os_total

REPORT = "https://github.com/eclipse-iceoryx/iceoryx2/issues/1718"
CAUGHT_BY = ("A2",)


class Lock:
    """A lock on the open file fd; look(fd) is called with the lock held."""

    def __init__(self, fd, look):
        self.fd = fd
        self.look = look

    def acquire(self):
        fcntl.lockf(self.fd, fcntl.LOCK_EX)
        _file.pwrite_all(self.fd, b"%10d" % os.getpid(), 0)
        if int(self.look(self.fd)) != os.getpid():
            raise RuntimeError("the lock is not ours")

    def release(self):
        fcntl.lockf(self.fd, fcntl.LOCK_UN)


def _look(fd):
    with open(f"/proc/self/fd/{fd}", "rb") as file:
        return file.read(10)


@_base.careful
def run(n, workers):
    with _file.nameless() as file:
        return _os_total.added(Lock(file.fileno(), _look), n, workers)
