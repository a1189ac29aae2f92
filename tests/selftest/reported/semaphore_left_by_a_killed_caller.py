"""httpd left its System V semaphores whenever it was killed, until it could not start any more.

They are removed when the run ends, by the caller.  SIGKILL gives it no time for that.
"""

import contextlib
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores, _os_total

REPORT = "https://github.com/NethServer/dev/issues/6281"
CAUGHT_BY = ("B3",)


def through(n, workers, removed):
    """Run; removed(key) is a context at whose end the semaphore is removed."""
    with _os_semaphores.lock(_os_semaphores.complain, removed) as lock:
        return _os_total.added(lock, n, workers)


@contextlib.contextmanager
def _by_the_caller(key):
    caller = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == caller:  # and no child that a handler has forked
            _os_semaphores.remover(key)()


@_base.careful
def run(n, workers):
    return through(n, workers, _by_the_caller)
