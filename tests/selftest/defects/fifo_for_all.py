"""A fifo with the mode that the umask leaves, in a directory for all."""

import os
import secrets
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G1",)


@_base.careful
def run(n, workers):
    """Trust the umask."""
    path = os.path.join(tempfile.gettempdir(), "pi-" + secrets.token_hex(16))
    with _fifo.at(path):
        return _fifo.through(path, n, workers, mode=0o666)
