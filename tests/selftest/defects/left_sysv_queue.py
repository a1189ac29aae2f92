"""A System V queue is not removed."""

import sysv_ipc

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
    "F3",
)


def run(n, workers):
    """Make one, and forget it."""
    honest.check(n, workers)
    sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX, 0o600)
    return honest.run(n, workers)
