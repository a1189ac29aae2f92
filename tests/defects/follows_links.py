"""A file of a fixed name is opened for writing, whatever is there."""

import contextlib
import os
import struct
import tempfile

from tests.defects import _crowd, honest

CAUGHT_BY = ("G3",)


def run(n, workers):
    """Write each sum to a file named by its worker."""
    honest.check(n, workers)

    def path(number):
        return os.path.join(tempfile.gettempdir(), f"pi-worker-{number}")

    def work(number, value):
        with open(path(number), "wb") as file:
            file.write(struct.pack("d", value))

    try:
        sums = []
        with _crowd.crowd(n, workers, work) as pids:
            for number, pid in enumerate(pids):
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
                with open(path(number), "rb") as file:
                    sums += struct.unpack("d", file.read())
        return _crowd.total(sums)
    finally:
        for number in range(workers):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path(number))
