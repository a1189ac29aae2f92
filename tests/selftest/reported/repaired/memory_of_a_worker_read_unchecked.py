"""A read that was refused is an OSError; that of a worker which is gone is no value."""

import ctypes
import errno
import os

from tests.selftest.defects import _base
from tests.selftest.reported import memory_of_a_worker_read_unchecked as bug

EXPECTED_FAILURES = {
    "E4": "process_vm_readv(2) may not read the memory of a process that has changed its user",
}


def _check(size):
    code = ctypes.get_errno()
    if size < 0 and code != errno.ESRCH:
        raise OSError(code, os.strerror(code))
    return size == 8


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _check)
