"""A library gave all buffers that waited to one writev(2): more than 1024 are an EINVAL.

Here the caller writes the jobs of all workers to a file at once: two buffers for each, the number
and the slice.
"""

import contextlib
import mmap
import os
import struct

from tests.selftest.defects import _base, _file, honest
from tests.selftest.reported import _slots

REPORT = "https://github.com/joyent/libuv/pull/770"
CAUGHT_BY = ("A1", "D1")
NUMBER, SLICE = struct.Struct("=Q"), struct.Struct("=16s16s")
SIZE = NUMBER.size + SLICE.size


def all_at_once(fd, buffers):
    data = b"".join(buffers)
    done = os.writev(fd, buffers)
    _file.pwrite_all(fd, data[done:], done)


def joined(fd, buffers):
    _file.pwrite_all(fd, b"".join(buffers), 0)


def writing(write):
    """Return run; write(fd, buffers): writes all of them to the start of a file."""

    @_base.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack:
            fd = stack.enter_context(_file.nameless()).fileno()
            memory = stack.enter_context(mmap.mmap(-1, _slots.SIZE * workers))
            buffers = []
            for number, (lo, hi) in enumerate(honest.bounds(n, workers)):
                ends = lo.to_bytes(16, "little"), hi.to_bytes(16, "little")
                buffers += [NUMBER.pack(number), SLICE.pack(*ends)]
            write(fd, buffers)

            def work(number, _):
                job = _file.pread_all(fd, SIZE, SIZE * number)
                lo, hi = (int.from_bytes(end, "little") for end in SLICE.unpack(job[NUMBER.size :]))
                _slots.put(memory, *NUMBER.unpack(job[: NUMBER.size]), honest.term_sum(lo, hi))

            def take(_):
                return _slots.there(memory, workers)

            return _base.total(_base.gather(0, workers, work, take))

    return run


run = writing(all_at_once)
