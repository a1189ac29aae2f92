"""A program removed its folder after an error, and left it there after Ctrl-C.

KeyboardInterrupt is no Exception.  Here a run through a fifo removes the directory of that when it
succeeds, and in an `except Exception`.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/JuergenFleiss/atrain_core/issues/16"
CAUGHT_BY = ("B2",)


def through(kinds):
    """Return run; kinds: the exceptions after which the directory is removed."""

    @contextlib.contextmanager
    def directory():
        path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())
        leave = []

        def remove():
            if not leave:
                _fifo.remove_tree(path)

        with _base.guard(remove):
            try:
                os.mkdir(path, 0o700)
                os.chmod(path, 0o700)
                yield path
            except BaseException as error:
                leave[:] = [] if isinstance(error, kinds) else [path]
                raise

    @_base.careful
    def run(n, workers):
        with directory() as path:
            return _fifo.through(os.path.join(path, "fifo"), n, workers)

    return run


run = through(Exception)
