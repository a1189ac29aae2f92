"""Who has the lock is read through the descriptor that holds it."""

import os

from tests.selftest.defects import _base, _file
from tests.selftest.reported import _os_total
from tests.selftest.reported import posix_lock_lost_at_another_close as bug


@_base.careful
def run(n, workers):
    with _file.nameless() as file:
        lock = bug.Lock(file.fileno(), lambda fd: os.pread(fd, 10, 0))
        return _os_total.added(lock, n, workers)
