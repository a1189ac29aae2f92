"""Anonymous pipe, one a worker: pipe(2), pipe(7).

Topology: a pipe from each worker to the caller.  It has no name, so nobody else can reach
it and nothing outlives it.  Each side keeps only its own end: as long as a write end is
open anywhere, the reader sees no end of file.

A channel that is duplex has a second pipe for each worker.

Limits: two descriptors a worker in the caller (RLIMIT_NOFILE).  A write of at most PIPE_BUF
bytes (4096 on Linux, at least 512 by POSIX) is never split.
"""

import contextlib
import os
import struct
from collections.abc import Iterator

import kernel
from transports import _crew, _stream

_SUM = struct.Struct("=d")


def unsupported() -> str | None:
    """Return why there are no pipes here, or None."""
    return _crew.probe(_crew.Crew.pipe)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    sums: dict[int, float] = {}
    with _crew.Crew(timeout) as crew:
        worker_at = {}
        for lo, hi in slices:
            reader, writer = crew.pipe()
            worker_at[crew.listen(reader)] = crew.fork(_work, reader, writer, lo, hi)
            crew.close(writer)
        for ready, _ in crew.events(sums):
            for reader in ready:
                data = crew.read(reader)
                if len(data) == _SUM.size:
                    (sums[worker_at[reader]],) = _SUM.unpack(data)
    return kernel.combine(sums.values())


def _work(reader: int, writer: int, lo: int, hi: int) -> None:
    os.close(reader)
    _crew.write_all(writer, _SUM.pack(kernel.partial_sum(lo, hi)))


@contextlib.contextmanager
def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> Iterator[_stream.Channel]:
    """Carry messages, each way by a pipe of its own: see :mod:`transports`."""
    _stream.check(workers)
    ends = []
    with _crew.Crew(timeout) as crew:
        for worker in range(workers):
            reader, writer = crew.pipe()
            theirs, ours = crew.pipe() if duplex else (-1, -1)
            crew.fork(_stream.serve_streams, work, worker, theirs, writer, reader, ours)
            for fd in (writer, theirs) if duplex else (writer,):
                crew.close(fd)
            ends.append((reader, ours))
        streams = _stream.Streams(crew, ends, duplex, sockets=False)
        with crew.admit():
            yield streams


if __name__ == "__main__":
    _crew.main(run, unsupported)
