"""A Unix socket is closed, and its name left."""

import contextlib
import os
import socket
import tempfile

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
)


def run(n, workers):
    honest.check(n, workers)
    path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(8).hex())
    with socket.socket(socket.AF_UNIX) as listener, contextlib.suppress(OSError):
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(path)
    return honest.run(n, workers)
