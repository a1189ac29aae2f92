"""Regular file, one a worker: open(2), write(2).

Topology: each worker writes its sum to a file of its own in a private directory (mode 0700);
the caller reads it when the worker has exited.  A file tells nobody that it is complete or
that it has grown: the exit of its writer is the signal.

Limits: the space of the file system (ENOSPC), RLIMIT_FSIZE (setrlimit(2)), quotas.
"""

import contextlib
import os

import kernel
from transports import _crew

no_channel = "a file tells nobody that it has grown, and what was read of it stays"


def unsupported() -> str | None:
    """Return why no file can be written here, or None."""
    return _crew.probe(_crew.Crew.directory)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    seal = _crew.Seal()
    sums: dict[int, float] = {}
    with _crew.Crew(timeout) as crew:
        # By descriptor: whatever is renamed meanwhile, it is this directory.
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        directory = crew.own(os.open(crew.directory(), flags))
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, directory, seal, worker, lo, hi)
        for _, exited in crew.events(sums):
            for worker in exited:
                sums |= seal.unpack(_read(directory, worker, seal.size + 1))
    return kernel.combine(sums.values())


def _work(directory: int, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = os.open(str(worker), flags, 0o600, dir_fd=directory)
    os.fchmod(file, 0o600)  # whatever the umask: the caller has to read it
    _crew.write_all(file, frame)


def _read(directory: int, worker: int, most: int) -> bytes:
    # Another process of the same user could put a fifo or a device there: neither is waited
    # for, or read without end.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with (
        contextlib.suppress(FileNotFoundError),
        open(os.open(str(worker), flags, dir_fd=directory), "rb") as file,
    ):
        return file.read(most) or b""
    return b""


if __name__ == "__main__":
    _crew.main(run, unsupported)
