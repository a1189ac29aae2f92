"""A shell ran a line of its script twice: a child that it had forked had gone back in the file.

glibc sets the offset of its input streams as a process exits, and the parent shares it.  Here a
worker sets that of its standard input to 0.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/oils-for-unix/oils/issues/1233"
CAUGHT_BY = ("E6",)
_send = honest.send


def _send_and_go_back(fd, lo, hi):
    _send(fd, lo, hi)
    with contextlib.suppress(OSError):  # it is closed, or no file
        os.lseek(0, 0, os.SEEK_SET)


honest.send = _send_and_go_back
run = honest.run
