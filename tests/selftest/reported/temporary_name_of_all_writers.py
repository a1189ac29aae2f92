"""A program wrote to FILE.tmp, and renamed that: two writers at once had one temporary file.

The second one failed by FileNotFoundError, or the content was a mixture.  Here all workers write
their results to one temporary name, and rename it to their own.
"""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results

REPORT = "https://github.com/awslabs/aws-build-accumulator/pull/36"
CAUGHT_BY = ("A2", "A6")


def _write(path, frame):
    beside = os.path.join(os.path.dirname(path), "result.tmp")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        while frame:
            frame = frame[os.write(fd, frame) :]
    finally:
        os.close(fd)
    os.rename(beside, path)


def writing(write):
    """Return run; write(path, frame): makes a file that has the whole frame."""

    @_base.careful
    def run(n, workers):
        return _os_results.through(n, workers, write=write)

    return run


run = writing(_write)
