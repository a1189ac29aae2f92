"""Unix domain socket with a name in the file system: unix(7).

Topology: the caller listens on a socket in a private directory (mode 0700), each worker
connects by name when its sum is ready and sends one frame.  Only the same user can get
there; the kernel tells which connections are the workers' (SO_PEERCRED), and a frame carries
the signature of this run, so the same user cannot forge a result.  The
name does not go with the last descriptor: it has to be removed, here by a guardian.

Limits: a path of 107 bytes (sun_path, unix(7); 103 on macOS and the BSDs); the backlog,
/proc/sys/net/core/somaxconn (4096 since Linux 5.4), past which a worker's connect waits.
"""

import errno
import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import kernel
from transports._channel.connections import over_connections
from transports._channel.protocol import Channel, Work
from transports._supervisor import Supervisor, main, probe
from transports._supervisor.connections import BACKLOG, Rendezvous, gather_connections
from transports._supervisor.directories import private_directory
from transports._supervisor.frames import SignedFrames

_NAME = "/socket"
_UCRED = struct.Struct("@iII")  # unix(7), SO_PEERCRED: pid, uid, gid
_QUARTER = 0.25  # seconds
_TIMEVAL = struct.pack("@ll", 0, int(_QUARTER * 1e6))  # sys_time.h(0p): seconds, microseconds
_PATH_BYTES = 103  # of the smallest sun_path, 104 on macOS and the BSDs, less the zero


def _rendezvous(supervisor: Supervisor) -> Rendezvous:
    """Return a listener with a name in a private directory."""
    path = private_directory(supervisor, _PATH_BYTES - len(_NAME)) + _NAME
    listener = supervisor.own(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    listener.bind(path)
    os.chmod(path, 0o600)  # to connect takes the right to write
    listener.listen(BACKLOG)
    dial = partial(_dial, path, os.stat(path))
    return Rendezvous(listener, partial(_is_worker, supervisor), lambda: nullcontext(dial))


def _is_worker(supervisor: Supervisor, peer: socket.socket, address: object) -> bool:
    pid = _peer(peer)
    return pid is None or pid in supervisor.pids


def _peer(peer: socket.socket) -> int | None:
    """Return the process at the other end, or None where the system does not tell.

    There the signature alone tells who it is.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    pid: int
    pid, _, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return pid


def _dial(path: str, made: os.stat_result) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.setblocking(True)  # whatever socket.setdefaulttimeout has set for the caller's own
    # Where the backlog is full, connect(2) waits until the caller accepts; but not for
    # another process of the same user, which could have put a socket of its own there.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL)
    while True:
        start = time.monotonic()
        try:
            connection.connect(path)
            break
        except BlockingIOError:
            # If it did not wait, this EAGAIN has another cause, and a retry does not help.
            waited = time.monotonic() - start > _QUARTER / 2
            if not waited or not os.path.samestat(os.stat(path), made):
                raise
    if _peer(connection) not in (os.getppid(), None):
        raise OSError(errno.ESTALE, "this is not the socket of the run any more", path)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bytes(len(_TIMEVAL)))  # none
    return connection


def unsupported() -> str | None:
    """Return why nobody can listen on a Unix socket here, or None."""
    return probe(_rendezvous)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    signer = SignedFrames()
    with Supervisor(timeout) as supervisor:
        place = _rendezvous(supervisor)
        for worker, (lo, hi) in enumerate(slices):
            with place.dialer() as dial:
                supervisor.fork(_work, dial, signer, worker, lo, hi)
        sums = gather_connections(supervisor, place, signer)
    return kernel.combine(sums.values())


def _work(
    dial: Callable[[], socket.socket], signer: SignedFrames, worker: int, lo: int, hi: int
) -> None:
    frame = signer.pack(worker, kernel.partial_sum(lo, hi))
    with dial() as connection:
        connection.sendall(frame)


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> AbstractContextManager[Channel]:
    """Carry messages, both ways by a connection each: see :mod:`transports`."""
    return over_connections(_rendezvous, work, workers, duplex, timeout)


if __name__ == "__main__":
    main(run, unsupported)
