"""A System V queue is not removed."""

import sysv_ipc

from tests.defects import honest

CAUGHT_BY = ("B1",)


def run(n, workers):
    """Make one, and forget it."""
    value = honest.run(n, workers)
    sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX)
    return value
