"""A server of jobs had fewer and fewer tokens, as some were never given back, and jobs had to wait.

Here there is a pipe with tokens for all runs, as many as the largest number of workers so far.  A
worker that is killed has taken one.
"""

import contextlib
import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/AliveToolkit/alive2/pull/844"
CAUGHT_BY = ("C11",)
_send = honest.send


class Bucket:
    """A pipe with tokens, and how many were put into it."""

    def __init__(self):
        self.r, self.w = os.pipe()
        self.filled = 0

    def fill(self, workers):
        if self.filled < workers:
            os.write(self.w, b"+" * (workers - self.filled))
            self.filled = workers

    def close(self):
        os.close(self.r)
        os.close(self.w)


def _send_with_a_token(fd, lo, hi):
    bucket = _call.current().bucket
    os.read(bucket.r, 1)
    try:
        _send(fd, lo, hi)
    finally:
        os.write(bucket.w, b"+")


def drawing(bucket):
    """Return run; bucket(): a context that gives the bucket."""

    @honest.careful
    def run(n, workers):
        with bucket() as drawn, _call.call(bucket=drawn):
            drawn.fill(workers)
            return honest.run(n, workers)

    honest.send = _send_with_a_token
    return run


_only = Bucket()
run = drawing(lambda: contextlib.nullcontext(_only))
