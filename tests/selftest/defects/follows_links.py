"""A file of a predictable name is opened for writing, whatever has that name already."""

import contextlib
import itertools
import os
import tempfile

from tests.selftest.defects import _base

CAUGHT_BY = ("G2", "G3")
_runs = itertools.count()


@_base.careful
def run(n, workers):
    """Write each frame to a file named by its worker."""
    seal = _base.Seal()
    start = os.path.join(tempfile.gettempdir(), f"pi-{os.getpid()}-{next(_runs)}-")

    def work(number, value):
        fd = os.open(f"{start}{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb", buffering=0) as file:
            data = seal.pack(number, value)
            while data:
                data = data[file.write(data) :]

    missing = set(range(workers))

    def take(_):
        sums = {}
        for number in list(missing):
            with contextlib.suppress(OSError), open(f"{start}{number}", "rb") as file:
                sums |= seal.unpack(file.read())
        missing.difference_update(sums)
        return sums

    def remove():
        for number in range(workers):
            with contextlib.suppress(OSError):
                os.unlink(f"{start}{number}")

    with _base.guard(remove):
        return _base.total(_base.gather(n, workers, work, take))
