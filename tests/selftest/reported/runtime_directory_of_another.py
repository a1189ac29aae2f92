"""A notebook failed for a second user: XDG_RUNTIME_DIR was that of the first, kept by su or sudo.

Here the private directory is made there, where it is set: Permission denied, or No such file or
directory where nobody has logged in.
"""

import os
import tempfile
from types import SimpleNamespace

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/jupyter/notebook/issues/1318"
CAUGHT_BY = ("E4",)


def if_set():
    return os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()


def placed(place):
    _fifo.tempfile = SimpleNamespace(gettempdir=place)

    @_base.careful
    def run(n, workers):
        with _fifo.private_directory() as private:
            return _fifo.through(os.path.join(private, "fifo"), n, workers)

    return run


run = placed(if_set)
