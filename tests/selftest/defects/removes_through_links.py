"""A directory is emptied by its name, also when that has become a link to another one."""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = (
    "F1",
    "G3",
)


@_base.careful
def run(n, workers):
    """Tidy up by hand."""
    place = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())

    def remove():
        with contextlib.suppress(OSError):
            for name in os.listdir(place):
                os.unlink(os.path.join(place, name))
            os.rmdir(place)

    with _base.guard(remove):
        os.mkdir(place, 0o700)
        os.chmod(place, 0o700)
        return _fifo.through(os.path.join(place, "fifo"), n, workers)
