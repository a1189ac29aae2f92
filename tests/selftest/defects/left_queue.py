"""A POSIX queue is closed, but its name is not removed."""

import os

import posix_ipc

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
    "F3",
)


def run(n, workers):
    """Close what should be unlinked."""
    honest.check(n, workers)
    name = f"/defect-{os.getpid()}"
    posix_ipc.MessageQueue(
        name, posix_ipc.O_CREAT, 0o600, max_messages=1, max_message_size=8
    ).close()
    return honest.run(n, workers)
