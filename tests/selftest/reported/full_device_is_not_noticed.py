"""A program wrote its output to a full device, said "100%", and ended as if all had been well.

Here the caller keeps the sums of its workers in a file in /dev/shm, and adds those that it finds
there.
"""

import contextlib
import os
import struct

from tests.selftest.defects import _file, honest

REPORT = "https://github.com/torognes/vsearch/issues/243"
CAUGHT_BY = ("F2",)
_combine = honest.combine


def keeping(write):
    """Return run; write(fd, data): writes the sums to a file."""

    def combine(sums):
        data = b"".join(honest.pack(value) for value in sums)
        fd = os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR, 0o600)
        try:
            write(fd, data)
            kept = _file.pread_all(fd, len(data), 0)
        finally:
            os.close(fd)
        return _combine(value for (value,) in struct.iter_unpack("d", kept[: len(kept) & ~7]))

    honest.combine = combine
    return honest.run


def checked(fd, data):
    _file.pwrite_all(fd, data, 0)


def _unchecked(fd, data):
    with contextlib.suppress(OSError):
        _file.pwrite_all(fd, data, 0)


run = keeping(_unchecked)
