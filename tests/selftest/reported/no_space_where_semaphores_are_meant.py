"""Users read "No space left on device" and looked at their disks: no semaphore was left.

semget(2) says ENOSPC where the limit SEMMNI is reached.  The run passes the text on.
"""

import errno
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores

REPORT = "https://github.com/concretecms/concretecms/pull/7524"
CAUGHT_BY = ("F3",)


def _complain(error):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


@_base.careful
def run(n, workers):
    return _os_semaphores.through(n, workers, _complain)
