"""pytest keeps its files in /tmp/pytest-of-USER: who makes that first, or a link there, rules them.

The directory is taken as it is found.  That its owner is the user is checked by stat(2), which
follows a symbolic link to a directory that is the user's.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/pytest-dev/pytest/issues/13669"
CAUGHT_BY = ("B4", "G3")


@contextlib.contextmanager
def _directory():
    root = os.path.join(tempfile.gettempdir(), f"pi-of-{os.getuid()}")
    inner = os.path.join(root, os.urandom(16).hex())

    def remove():
        _fifo.remove_tree(inner)
        with contextlib.suppress(OSError):  # another run is in it
            os.rmdir(root)

    with _base.guard(remove):
        while not os.path.isdir(inner):
            os.makedirs(root, 0o700, exist_ok=True)
            if os.stat(root).st_uid != os.getuid():
                raise PermissionError(f"{root} belongs to somebody else")
            with contextlib.suppress(FileNotFoundError):  # another run has just left
                os.chmod(root, 0o700)
                os.mkdir(inner, 0o700)
                os.chmod(inner, 0o700)
        yield inner


def through(n, workers, directory):
    with directory as path:
        return _fifo.through(os.path.join(path, "fifo"), n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, _directory())
