"""Unix domain socket with a name in the file system: unix(7).

Topology: the caller listens on a socket in a private directory (mode 0700), each worker
connects by name when its sum is ready and sends one frame.  Only the same user can get
there; the kernel tells which connections are the workers' (SO_PEERCRED), and a frame carries
the signature of this run, so that he cannot change the result.  The
name does not go with the last descriptor: it has to be removed, here by a guardian.

A channel's worker connects at once, and its first frame is sealed: nobody else can write into a
connection, so the messages need no signature of their own.

Limits: a path of 107 bytes (sun_path, unix(7); 103 on macOS and the BSDs); the backlog,
/proc/sys/net/core/somaxconn (4096 since Linux 5.4), past which a worker's connect waits.
"""

import contextlib
import errno
import os
import socket
import struct
import time
from collections.abc import Iterator

import kernel
from transports import _crew, _stream

_NAME = "/socket"
_UCRED = struct.Struct("@iII")  # unix(7), SO_PEERCRED: pid, uid, gid
_QUARTER = 0.25  # seconds
_TIMEVAL = struct.pack("@ll", 0, int(_QUARTER * 1e6))  # sys_time.h(0p): seconds, microseconds
_PATH_BYTES = 103  # of the smallest sun_path, 104 on macOS and the BSDs, less the zero


def _listener(crew: _crew.Crew) -> socket.socket:
    path = crew.directory(_PATH_BYTES - len(_NAME)) + _NAME
    listener = crew.own(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    listener.bind(path)
    os.chmod(path, 0o600)  # to connect takes the right to write
    listener.listen(socket.SOMAXCONN)
    return listener


def unsupported() -> str | None:
    """Return why nobody can listen on a Unix socket here, or None."""
    return _crew.probe(_listener)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    seal = _crew.Seal()
    with _crew.Crew(timeout) as crew:
        listener = _listener(crew)
        path: str = listener.getsockname()
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, path, os.stat(path), seal, worker, lo, hi)
        sums = _crew.accept(crew, listener, seal, lambda peer, _: _is_worker(crew, peer))
    return kernel.combine(sums.values())


def _is_worker(crew: _crew.Crew, peer: socket.socket) -> bool:
    pid = _peer(peer)
    return pid is None or crew.started(pid)


def _peer(peer: socket.socket) -> int | None:
    """Return the process at the other end, or None where nobody tells: the seal has to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    pid: int
    pid, _, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return pid


def _work(path: str, made: os.stat_result, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    with _connected(path, made) as connection:
        connection.sendall(frame)


def _connected(path: str, made: os.stat_result) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Where the backlog is full, connect(2) waits until the caller accepts; but not for
    # another process of the same user, which could have put a socket of its own there.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL)
    while True:
        start = time.monotonic()
        try:
            connection.connect(path)
        except BlockingIOError:
            # Without having waited it is another EAGAIN, which no patience mends.
            waited = time.monotonic() - start > _QUARTER / 2
            if not waited or not os.path.samestat(os.stat(path), made):
                raise
        else:
            return connection


@contextlib.contextmanager
def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> Iterator[_stream.Channel]:
    """Carry messages, both ways by a connection that is sealed once: see :mod:`transports`."""
    _stream.check(workers)
    seal = _crew.Seal()
    with _crew.Crew(timeout) as crew:
        listener = _listener(crew)
        path: str = listener.getsockname()
        for worker in range(workers):
            hello = seal.pack(worker, 0.0)
            crew.fork(_serve, path, os.stat(path), hello, work, worker, duplex)
        ends = _stream.greet(crew, listener, seal, lambda peer, _: _is_worker(crew, peer), workers)
        streams = _stream.Streams(crew, ends, duplex, sockets=True)
        with crew.admit():
            yield streams


def _serve(
    path: str, made: os.stat_result, hello: bytes, work: _stream.Work, worker: int, duplex: bool
) -> None:
    connection = _connected(path, made)
    if _peer(connection) not in (os.getppid(), None):
        raise OSError(errno.ESTALE, "this is not the socket of the run any more", path)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bytes(len(_TIMEVAL)))  # none
    connection.sendall(hello)
    fd = connection.fileno()
    _stream.serve_streams(work, worker, fd if duplex else -1, fd)


if __name__ == "__main__":
    _crew.main(run, unsupported)
