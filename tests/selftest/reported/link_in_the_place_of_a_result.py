"""A program opened its file with O_CREAT alone: through a link there, it wrote to any other file.

Here a worker opens the file of its result in this way.
"""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results

REPORT = "https://github.com/google/fscrypt/pull/448"
CAUGHT_BY = ("G3",)


def _write_through(path, frame):
    fd = os.open(path + "~", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while frame:
            frame = frame[os.write(fd, frame) :]
    finally:
        os.close(fd)
    os.rename(path + "~", path)


def writing(write):
    """Return run; write(path, frame): makes a file that has the whole frame."""

    @_base.careful
    def run(n, workers):
        return _os_results.through(n, workers, write=write)

    return run


run = writing(_write_through)
