"""Anonymous pipe, one a worker: pipe(2), pipe(7).

Topology: a pipe from each worker to the caller.  It has no name, so nothing outlives it, and
nobody else can reach it but through /proc/PID/fd, with the right to ptrace(2).  Each side
keeps only its own end: as long as a write end is open anywhere, the reader sees no end of file.

Limits: two descriptors a worker in the caller (RLIMIT_NOFILE).  A write of at most PIPE_BUF
bytes (4096 on Linux, at least 512 by POSIX) is never split.  A pipe holds 64 KiB on Linux, those
of a channel more (F_SETPIPE_SZ, fcntl(2)).
"""

import os
import struct
from contextlib import AbstractContextManager
from functools import partial

import kernel
from transports._channel.capacity import widen
from transports._channel.framing import Ends
from transports._channel.protocol import Channel, Work
from transports._channel.streams import over_streams
from transports._supervisor import Supervisor, main, probe, write_all

_SUM = struct.Struct("=d")


def unsupported() -> str | None:
    """Return why there are no pipes here, or None."""
    return probe(Supervisor.pipe)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        worker_at = {}
        for lo, hi in slices:
            reader, writer = supervisor.pipe()
            worker_at[supervisor.listen(reader)] = supervisor.fork(_work, reader, writer, lo, hi)
            supervisor.close(writer)
        for ready, _ in supervisor.events(sums):
            for reader in ready:
                data = supervisor.read(reader)
                if len(data) == _SUM.size:
                    (sums[worker_at[reader]],) = _SUM.unpack(data)
    return kernel.combine(sums.values())


def _work(reader: int, writer: int, lo: int, hi: int) -> None:
    os.close(reader)
    write_all(writer, _SUM.pack(kernel.partial_sum(lo, hi)))


def _ends(workers: int, supervisor: Supervisor, duplex: bool) -> tuple[Ends, Ends]:
    """Return the caller's ends and the worker's: of one pipe or, if duplex, of two."""
    our_reader, their_writer = supervisor.pipe()
    their_reader, our_writer = supervisor.pipe() if duplex else (-1, -1)
    for reader in {our_reader, their_reader} - {-1}:
        widen(reader, workers * (1 + duplex))
    return Ends(our_reader, our_writer), Ends(their_reader, their_writer)


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> AbstractContextManager[Channel]:
    """Carry messages, each way by a pipe of its own: see :mod:`transports`."""
    return over_streams(partial(_ends, workers), work, workers, duplex, timeout, sockets=False)


if __name__ == "__main__":
    main(run, unsupported)
