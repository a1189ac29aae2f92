"""httpd left its System V semaphores whenever it was killed, until it could not start any more.

They are removed when the run ends, by the caller.  SIGKILL gives it no time for that.
"""

import contextlib
import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores

REPORT = "https://github.com/NethServer/dev/issues/6281"
CAUGHT_BY = ("B3",)


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
    return _os_semaphores.through(n, workers, _os_semaphores.complain, _by_the_caller)
