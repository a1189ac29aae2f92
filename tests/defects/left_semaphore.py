"""A POSIX semaphore is left on the error path alone."""

import os

import posix_ipc

from tests.defects import honest

CAUGHT_BY = ("B1",)


def run(n, workers):
    """Unlink only where all is well."""
    name = f"/defect-{os.getpid()}"
    posix_ipc.Semaphore(name, posix_ipc.O_CREAT).close()
    value = honest.run(n, workers)
    posix_ipc.unlink_semaphore(name)
    return value
