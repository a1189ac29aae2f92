"""Workers open the fifo by name, and wait for ever if it is another one by then."""

import os

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G2",)


def _send(path, frame, reader):
    fd = os.open(path, os.O_WRONLY)
    os.write(fd, frame)
    os.close(fd)


@_base.careful
def run(n, workers):
    """Open without O_NONBLOCK."""
    with _fifo.private_directory() as place:
        return _fifo.through(os.path.join(place, "fifo"), n, workers, send=_send)
