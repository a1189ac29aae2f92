"""One read is taken for the whole message."""

import os
import socket
from types import SimpleNamespace

from tests.selftest.defects import honest

CAUGHT_BY = ("A4",)


def _pipe():
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.detach()


def _once(fd, size):
    data = os.read(fd, size)
    return data if len(data) in (0, 8) or data[:1] == b"!" else data.ljust(8, b"\0")


honest.os = SimpleNamespace(**vars(os) | {"pipe": _pipe, "read": _once})
run = honest.run
