"""A program took what one recv() gave for the whole message, which it need not be.

Here the caller reads once from the pipe of each worker that has ended.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/guyskk/pybeautifier/issues/6"
CAUGHT_BY = ("A4",)


def _read_once(r):
    os.set_blocking(r, False)
    try:
        return os.read(r, 512)
    except BlockingIOError:
        return b""


honest.drain = _read_once
run = honest.run
