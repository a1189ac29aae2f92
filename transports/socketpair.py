"""Pair of connected Unix sockets, one a worker: socketpair(2), unix(7).

Topology: a stream socket between each worker and the caller, open in both directions where
a pipe has one.  It has no name or address, so nobody else can reach it.

A channel uses both directions of a pair.

Limits: two descriptors a worker in the caller (RLIMIT_NOFILE).  A stream has no message
boundaries: a send may be cut anywhere, whatever its size.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator

import kernel
from transports import _crew, _stream

_SUM = struct.Struct("=d")


def _pair(crew: _crew.Crew) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    return crew.own(ours), crew.own(theirs)


def unsupported() -> str | None:
    """Return why there are no socket pairs here, or None."""
    return _crew.probe(_pair)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    sums: dict[int, float] = {}
    with _crew.Crew(timeout) as crew:
        worker_at = {}
        for lo, hi in slices:
            ours, theirs = _pair(crew)
            worker_at[crew.listen(ours.fileno())] = crew.fork(_work, ours, theirs, lo, hi)
            crew.close(theirs)
        for ready, _ in crew.events(sums):
            for fd in ready:
                data = crew.read(fd)
                if len(data) == _SUM.size:
                    (sums[worker_at[fd]],) = _SUM.unpack(data)
    return kernel.combine(sums.values())


def _work(ours: socket.socket, theirs: socket.socket, lo: int, hi: int) -> None:
    ours.close()
    theirs.sendall(_SUM.pack(kernel.partial_sum(lo, hi)))


@contextlib.contextmanager
def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> Iterator[_stream.Channel]:
    """Carry messages, both ways by one pair: see :mod:`transports`."""
    _stream.check(workers)
    ends = []
    with _crew.Crew(timeout) as crew:
        for worker in range(workers):
            ours, theirs = _pair(crew)
            fd, back = theirs.fileno(), theirs.fileno() if duplex else -1
            crew.fork(_stream.serve_streams, work, worker, back, fd, ours.fileno())
            crew.close(theirs)
            ends.append((ours.fileno(), ours.fileno()))
        streams = _stream.Streams(crew, ends, duplex, sockets=True)
        with crew.admit():
            yield streams


if __name__ == "__main__":
    _crew.main(run, unsupported)
