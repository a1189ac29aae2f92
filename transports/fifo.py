"""Named pipe: mkfifo(3), fifo(7).

Topology: one fifo in a private directory (mode 0700), read by the caller, opened by name
and written by every worker.  The caller opens it before the first fork and holds a write
end as well: a worker's open never waits for a reader, and there is no end of file in the
gap between two workers, where a reader that stops at end of file would lose the next one.
Writers share the stream, so each frame goes in one write.

Limits: a write of at most PIPE_BUF bytes (4096 on Linux, at least 512 by POSIX, write(2))
is not mixed with others; the pipe holds 64 KiB on Linux (pipe(7)), past which writers wait.
"""

import errno
import os

import kernel
from transports import _crew


def _open(crew: _crew.Crew) -> tuple[str, int]:
    path = os.path.join(crew.directory(), "fifo")
    os.mkfifo(path, 0o600)
    os.chmod(path, 0o600)  # whatever the umask
    reader = crew.own(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    crew.own(os.open(path, os.O_WRONLY))
    return path, reader


def unsupported() -> str | None:
    """Return why no fifo can be made here, or None."""
    return _crew.probe(_open)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    seal = _crew.Seal()
    sums: dict[int, float] = {}
    with _crew.Crew(timeout) as crew:
        path, reader = _open(crew)
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, path, reader, seal, worker, lo, hi)
        crew.listen(reader)
        for ready, _ in crew.events(sums):
            if ready:
                sums |= seal.scan(crew.read(reader))
    return kernel.combine(sums.values())


def _work(path: str, reader: int, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    # Another process of the same user could put a fifo of its own there, to let us wait for
    # ever: in open(2), where nobody reads it, or in write(2), where it is full.
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not os.path.samestat(os.fstat(writer), os.fstat(reader)):
        raise OSError(errno.ESTALE, "this is not the fifo of the run any more", path)
    os.set_blocking(writer, True)
    os.write(writer, frame)  # whole or not at all: it is < PIPE_BUF


if __name__ == "__main__":
    _crew.main(run, unsupported)
