"""Named pipe: mkfifo(3), fifo(7).

Topology: one fifo in a private directory (mode 0700), read by the caller, opened by name
and written by every worker.  The caller opens it before the first fork and holds a write
end as well: a worker's open never waits for a reader, and there is no end of file in the
gap between two workers, where a reader that stops at end of file would lose the next one.
Writers share the stream, so each frame goes in one write.

Limits: a write of at most PIPE_BUF bytes (4096 on Linux, at least 512 by POSIX, write(2))
is not mixed with others; the pipe holds 64 KiB on Linux (pipe(7)), past which writers wait;
those of a channel hold more (F_SETPIPE_SZ, fcntl(2)).
"""

import errno
import os
from contextlib import AbstractContextManager
from functools import partial

import kernel
from transports._channel.fifo import medium
from transports._channel.packets import over_packets
from transports._channel.protocol import Channel, Work
from transports._supervisor import Supervisor, main, probe
from transports._supervisor.directories import private_directory
from transports._supervisor.frames import SignedFrames


def _open(supervisor: Supervisor) -> tuple[str, int]:
    path, reader, _ = _make(supervisor, private_directory(supervisor), "fifo")
    return path, reader


def _make(supervisor: Supervisor, directory: str, name: str) -> tuple[str, int, int]:
    path = os.path.join(directory, name)
    os.mkfifo(path, 0o600)
    os.chmod(path, 0o600)  # whatever the umask
    reader = supervisor.own(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    writer = supervisor.own(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    return path, reader, writer


def unsupported() -> str | None:
    """Return why no fifo can be made here, or None."""
    return probe(_open)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    signer = SignedFrames()
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        path, reader = _open(supervisor)
        for worker, (lo, hi) in enumerate(slices):
            supervisor.fork(_work, path, reader, signer, worker, lo, hi)
        supervisor.listen(reader)
        for ready, _ in supervisor.events(sums):
            if ready:
                sums |= signer.scan(supervisor.read(reader))
    return kernel.combine(sums.values())


def _work(path: str, reader: int, signer: SignedFrames, worker: int, lo: int, hi: int) -> None:
    frame = signer.pack(worker, kernel.partial_sum(lo, hi))
    os.write(_join(path, reader, os.O_WRONLY), frame)  # whole or not at all: it is < PIPE_BUF


def _join(path: str, same: int, flags: int) -> int:
    # Another process of the same user could put a fifo of its own there, to let us wait for
    # ever: in open(2), where nobody reads it, or in write(2), where it is full.
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not os.path.samestat(os.fstat(fd), os.fstat(same)):
        raise OSError(errno.ESTALE, "this is not the fifo of the run any more", path)
    os.set_blocking(fd, True)
    return fd


CHANNEL_EXPECTED_FAILURES = {
    "G2": "of a message that another process has read out of the fifo nobody knows until the next",
}
"""Clauses that `channel` does not keep, where `run` does."""


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> AbstractContextManager[Channel]:
    """Carry messages in packets, back by a fifo for each worker: see :mod:`transports`."""
    return over_packets(partial(medium, _make, _join), work, workers, duplex, timeout)


if __name__ == "__main__":
    main(run, unsupported)
