"""A POSIX queue is closed, but its name is not removed."""

import os

import posix_ipc

from tests.defects import honest

CAUGHT_BY = ("B1",)


def run(n, workers):
    """Close what should be unlinked."""
    value = honest.run(n, workers)
    name = f"/defect-{os.getpid()}"
    posix_ipc.MessageQueue(name, posix_ipc.O_CREAT, max_messages=1, max_message_size=8).close()
    return value
