"""Named pipe: mkfifo(3), fifo(7).

Topology: one fifo in a private directory (mode 0700), read by the caller, opened by name
and written by every worker.  The caller opens it before the first fork and holds a write
end as well: a worker's open never waits for a reader, and there is no end of file in the
gap between two workers, where a reader that stops at end of file would lose the next one.
Writers share the stream, so each frame goes in one write.

A channel cuts messages to packets of at most PIPE_BUF, each with a mark and a tag: another process
of the same user could have opened the fifo.  For the way back each worker has a fifo of its own.

Limits: a write of at most PIPE_BUF bytes (4096 on Linux, at least 512 by POSIX, write(2))
is not mixed with others; the pipe holds 64 KiB on Linux (pipe(7)), past which writers wait.
"""

import contextlib
import errno
import fcntl
import os
import select
from collections import deque
from collections.abc import Sequence

import kernel
from transports import _crew, _stream


def _open(crew: _crew.Crew) -> tuple[str, int]:
    path, reader, _ = _make(crew, crew.directory(), "fifo")
    return path, reader


def _make(crew: _crew.Crew, directory: str, name: str) -> tuple[str, int, int]:
    path = os.path.join(directory, name)
    os.mkfifo(path, 0o600)
    os.chmod(path, 0o600)  # whatever the umask
    reader = crew.own(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    writer = crew.own(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    return path, reader, writer


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
    os.write(_join(path, reader, os.O_WRONLY), frame)  # whole or not at all: it is < PIPE_BUF


def _join(path: str, same: int, flags: int) -> int:
    # Another process of the same user could put a fifo of its own there, to let us wait for
    # ever: in open(2), where nobody reads it, or in write(2), where it is full.
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
    if not os.path.samestat(os.fstat(fd), os.fstat(same)):
        raise OSError(errno.ESTALE, "this is not the fifo of the run any more", path)
    os.set_blocking(fd, True)
    return fd


def _capacity(fd: int) -> int:
    """Return the bytes that a pipe holds: fcntl(2), F_GETPIPE_SZ."""
    # Without that call, as on macOS, a pipe grows to 64 KiB.
    return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) if hasattr(fcntl, "F_GETPIPE_SZ") else 65536


class _Medium:
    """A fifo to the caller and, if duplex, one to each worker."""

    notice = check = None
    strange = _stream.STRANGE
    tags = _stream.Tags

    def __init__(self, crew: _crew.Crew, workers: int, duplex: bool) -> None:
        directory = crew.directory()
        self._marks = _stream.Marks()
        # One that fits into a write that is not mixed with others'.
        self.most = select.PIPE_BUF - self._marks.size
        self._up, self.fd, _ = _make(crew, directory, "fifo")
        replies = range(workers if duplex else 0)
        self._down = [_make(crew, directory, str(worker)) for worker in replies]
        self._joined = -1  # in a worker, its ends
        self._reader = -1
        self._read: deque[tuple[bytes, int]] = deque()

    def held(self) -> int:
        return _capacity(self.fd) // self._marks.size

    def put(self, data: bytes, tag: int) -> None:
        if self._joined < 0:
            self._joined = _join(self._up, self.fd, os.O_WRONLY)
        os.write(self._joined, self._marks.pack(data, tag))

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        for _ in range(16):  # to the end, but for a stranger who fills it again and again
            try:
                if found := self._marks.cut(os.read(self.fd, 65536)):
                    return found
            except BlockingIOError:
                return ()
        return ((b"", 0),)  # which is no packet

    def reply(self, worker: int, data: bytes, tag: int) -> bool:
        try:
            os.write(self._down[worker][2], self._marks.pack(data, tag))
        except BlockingIOError:
            return False
        return True

    def room(self, worker: int) -> int:
        return self._down[worker][2]

    def get(self, worker: int) -> tuple[bytes, int]:
        if self._reader < 0:
            path, reader, _ = self._down[worker]
            self._reader = _join(path, reader, os.O_RDONLY)
        while not self._read:
            self._read.extend(self._marks.cut(os.read(self._reader, 65536)))
        return self._read.popleft()


CHANNEL_EXPECTED_FAILURES = {
    "G2": "of a message that another process has read out of the fifo nobody knows until the next",
}
"""Clauses that `channel` does not keep, where `run` does."""


def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[_stream.Channel]:
    """Carry messages in packets, back by a fifo for each worker: see :mod:`transports`."""
    return _stream.packets(
        lambda crew: _Medium(crew, workers, duplex), work, workers, duplex, timeout
    )


if __name__ == "__main__":
    _crew.main(run, unsupported)
