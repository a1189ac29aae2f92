"""Unix domain socket with a name in the file system: unix(7).

Topology: the caller listens on a socket in a private directory (mode 0700), each worker
connects by name when its sum is ready and sends one frame.  Only the same user can get
there; a frame carries the signature of this run, so that he cannot change the result.  The
name does not go with the last descriptor: it has to be removed, here by a guardian.

Limits: a path of 107 bytes (sun_path, unix(7); 103 on macOS and the BSDs); the backlog,
/proc/sys/net/core/somaxconn (4096 since Linux 5.4), past which a worker's connect waits.
"""

import os
import socket

import kernel
from transports import _crew

_NAME = "/socket"
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
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, listener.getsockname(), seal, worker, lo, hi)
        sums = _crew.accept(crew, listener, seal)
    return kernel.combine(sums.values())


def _work(path: str, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)
        connection.sendall(frame)


if __name__ == "__main__":
    _crew.main(run, unsupported)
