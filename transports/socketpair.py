"""Pair of connected Unix sockets, one a worker: socketpair(2), unix(7).

Topology: a stream socket between each worker and the caller, open in both directions where
a pipe has one.  It has no name or address, so nobody else can reach it but through
/proc/PID/fd, with the right to ptrace(2).

Limits: two descriptors a worker in the caller (RLIMIT_NOFILE).  A stream has no message
boundaries: a send may be cut anywhere, whatever its size.
"""

import socket
import struct
from contextlib import AbstractContextManager

import kernel
from transports._channel.framing import Ends
from transports._channel.protocol import Channel, Work
from transports._channel.streams import over_streams
from transports._supervisor import Supervisor, main, probe

_SUM = struct.Struct("=d")


def _pair(supervisor: Supervisor) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ends = supervisor.own(ours), supervisor.own(theirs)
    for end in ends:
        end.setblocking(True)  # whatever socket.setdefaulttimeout has set for the caller's own
    return ends


def unsupported() -> str | None:
    """Return why there are no socket pairs here, or None."""
    return probe(_pair)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        worker_at = {}
        for lo, hi in slices:
            ours, theirs = _pair(supervisor)
            worker_at[supervisor.listen(ours.fileno())] = supervisor.fork(
                _work, ours, theirs, lo, hi
            )
            supervisor.close(theirs)
        for ready, _ in supervisor.events(sums):
            for fd in ready:
                data = supervisor.read(fd)
                if len(data) == _SUM.size:
                    (sums[worker_at[fd]],) = _SUM.unpack(data)
    return kernel.combine(sums.values())


def _work(ours: socket.socket, theirs: socket.socket, lo: int, hi: int) -> None:
    ours.close()
    theirs.sendall(_SUM.pack(kernel.partial_sum(lo, hi)))


def _ends(supervisor: Supervisor, duplex: bool) -> tuple[Ends, Ends]:
    """Return the caller's ends and the worker's: each a socket, from which it may read."""
    ours, theirs = (end.fileno() for end in _pair(supervisor))
    return Ends(ours, ours), Ends(theirs if duplex else -1, theirs)


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> AbstractContextManager[Channel]:
    """Carry messages, both ways by one pair: see :mod:`transports`."""
    return over_streams(_ends, work, workers, duplex, timeout, sockets=True)


if __name__ == "__main__":
    main(run, unsupported)
