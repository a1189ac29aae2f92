"""Regular file, one a worker: open(2), write(2).

Topology: each worker writes its sum to a file of its own in a private directory (mode 0700);
the caller reads it when the worker has exited.  A file tells nobody that it is complete or
that it has grown: the exit of its writer is the signal.

Limits: the space of the file system (ENOSPC), RLIMIT_FSIZE (setrlimit(2)), quotas.
"""

import contextlib
import os

import kernel
from transports._supervisor import (
    Supervisor,
    main,
    probe,
    write_all,
)
from transports._supervisor.directories import private_directory
from transports._supervisor.frames import SignedFrames

no_channel = "a file tells nobody that it has grown, and what was read of it stays"


def unsupported() -> str | None:
    """Return why no file can be written here, or None."""
    return probe(private_directory)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    signer = SignedFrames()
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        # By descriptor: whatever is renamed meanwhile, it is this directory.
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        directory = supervisor.own(os.open(private_directory(supervisor), flags))
        for worker, (lo, hi) in enumerate(slices):
            supervisor.fork(_work, directory, signer, worker, lo, hi)
        for _, exited in supervisor.events(sums):
            for worker in exited:
                sums |= signer.unpack(_read(directory, worker, signer.size + 1))
    return kernel.combine(sums.values())


def _work(directory: int, signer: SignedFrames, worker: int, lo: int, hi: int) -> None:
    frame = signer.pack(worker, kernel.partial_sum(lo, hi))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = os.open(str(worker), flags, 0o600, dir_fd=directory)
    os.fchmod(file, 0o600)  # whatever the umask: the caller has to read it
    write_all(file, frame)


def _read(directory: int, worker: int, most: int) -> bytes:
    # Another process of the same user could put a fifo or a device there: neither is waited
    # for, or read without end.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

    def opener(name: str, _: int) -> int:
        return os.open(name, flags, dir_fd=directory)

    with (
        contextlib.suppress(FileNotFoundError),
        open(str(worker), "rb", opener=opener) as file,
    ):
        return file.read(most) or b""
    return b""


if __name__ == "__main__":
    main(run, unsupported)
