"""All workers of a machine use /tmp/dask-worker-space: PermissionError if another user has made it.

Here a run has a private directory in /tmp/pi-workers, which is removed when it is empty.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/dask/distributed/issues/6748"
CAUGHT_BY = ("B4", "G3")


@contextlib.contextmanager
def _shared_place():
    shared = os.path.join(tempfile.gettempdir(), "pi-workers")
    path = os.path.join(shared, os.urandom(16).hex())

    def remove():
        _fifo.remove_tree(path)
        with contextlib.suppress(OSError):  # others have theirs in it
            os.rmdir(shared)

    with _base.guard(remove):
        while not os.path.isdir(path):
            os.makedirs(shared, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # another run has removed it meanwhile
                os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
        yield path


def through_a_fifo(place):
    """Return run.

    place: gives a directory.
    """

    @_base.careful
    def run(n, workers):
        with place() as path:
            return _fifo.through(os.path.join(path, "fifo"), n, workers)

    return run


run = through_a_fifo(_shared_place)
