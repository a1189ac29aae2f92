"""The segment is opened without a resource tracker: only its maker removes it."""

import os

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import resource_tracker_of_whoever_opens as bug


def _write(name, offset, frame):
    os.pwrite(posix_ipc.SharedMemory(name).fd, frame, offset)


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _write)
