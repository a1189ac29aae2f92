"""pytesseract used up all descriptors: mkstemp() gives one, and the file was opened by its path.

The descriptor stayed.  Here the file of the results is opened once more, as a file object.
"""

import os

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/madmaze/pytesseract/pull/223"
CAUGHT_BY = ("B1",)


def opening(done_with):
    """Return run; done_with(fd): called when there is the file object."""

    @_base.careful
    def run(n, workers):
        fd = os.memfd_create("pi-results")
        try:
            file = open(f"/proc/self/fd/{fd}", "r+b", buffering=0)  # noqa: SIM115
        finally:
            done_with(fd)
        with file:
            return _file.through(file.fileno(), n, workers)

    return run


run = opening(lambda fd: None)
