"""The kernel releases the lock of a dead process, and the caller reads without it."""

import contextlib
import fcntl

from tests.selftest.defects import _base, _file
from tests.selftest.reported import lock_file_of_the_killed as bug


@_base.careful
def run(n, workers):
    with _file.nameless() as file:

        @contextlib.contextmanager
        def locked():
            fcntl.lockf(file, fcntl.LOCK_EX)
            yield
            fcntl.lockf(file, fcntl.LOCK_UN)

        return bug.through(n, workers, locked, contextlib.nullcontext)
