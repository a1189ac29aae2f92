"""Removes a POSIX queue of a fixed name first, which may be somebody else's."""

import contextlib

import posix_ipc

from tests.selftest.defects import honest

CAUGHT_BY = ("B4",)


def run(n, workers):
    honest.check(n, workers)
    with contextlib.suppress(posix_ipc.ExistentialError):
        posix_ipc.unlink_message_queue("/pi")
    return honest.run(n, workers)
