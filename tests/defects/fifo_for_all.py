"""A fifo with the mode that the umask leaves, in a directory for all."""

import os
import secrets
import tempfile

from tests.defects import _fifo

CAUGHT_BY = ("G1",)


def run(n, workers):
    """Trust the umask."""
    path = os.path.join(tempfile.gettempdir(), "pi-" + secrets.token_hex(16))
    return _fifo.through(path, n, workers, mode=0o666)
