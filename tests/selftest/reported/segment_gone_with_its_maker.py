"""A segment was unlinked while others had to open it: "No such file or directory: '/psm_...'".

Each worker makes a segment of its own, sends its number to the caller, and removes the segment
when it ends, as a resource tracker does.  The caller may open it before or after that.
"""

import contextlib
import os
import secrets
import struct

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/sgl-project/sglang/pull/21665"
CAUGHT_BY = ("A2",)


def through(n, workers, at_the_end):
    """Run; a worker calls at_the_end(name of its segment)."""
    seal = _base.Seal()
    secret = secrets.token_hex(12)
    names = [f"/pi-{secret}-{number}" for number in range(workers)]
    r, w = os.pipe()
    os.set_blocking(r, False)
    try:

        def work(number, value):
            shared = posix_ipc.SharedMemory(names[number], posix_ipc.O_CREX, 0o600)
            os.fchmod(shared.fd, 0o600)
            os.write(shared.fd, seal.pack(number, value))
            os.write(w, struct.pack("=I", number))
            at_the_end(names[number])

        def take(_):
            sums = {}
            with contextlib.suppress(BlockingIOError):
                while True:
                    number = struct.unpack("=I", os.read(r, 4))[0]
                    shared = posix_ipc.SharedMemory(names[number])
                    sums |= seal.unpack(os.pread(shared.fd, seal.size, 0))
                    shared.close_fd()
            return sums

        with _os_segment.removed_at_the_end(names):
            return _base.total(_base.gather(n, workers, work, take, r))
    finally:
        os.close(r)
        os.close(w)


@_base.careful
def run(n, workers):
    return through(n, workers, posix_ipc.unlink_shared_memory)
