"""Results are kept in a file of bare numbers, which others of the same user can change."""

import os
import struct
import tempfile

from tests.defects import _crowd, honest

CAUGHT_BY = ("G2",)


def run(n, workers):
    """Let each worker write to its place, and read them all at the end."""
    honest.check(n, workers)
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(8 * workers)

        def work(number, value):
            os.pwrite(file.fileno(), struct.pack("d", value), 8 * number)

        with _crowd.crowd(n, workers, work) as pids:
            for pid in pids:
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            data = os.pread(file.fileno(), 8 * workers, 0)
    return _crowd.total(struct.unpack(f"{workers}d", data))
