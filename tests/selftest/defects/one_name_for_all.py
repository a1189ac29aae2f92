"""Makes a directory whose name depends on the pid alone: two threads collide, and a stale one."""

import os
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = (
    "B4",
    "E1",
    "E7",
    "G3",
)


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), str(os.getpid()))
    with _base.guard(lambda: _fifo.remove_tree(path)):
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
        return _fifo.through(os.path.join(path, "fifo"), n, workers)
