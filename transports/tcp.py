"""TCP over the loopback interface: tcp(7), ip(7).

Topology: the caller listens on a port that the system picks, each worker connects when its
sum is ready and sends one frame.  Any local user can connect to a loopback port, so a frame
carries the signature of this run, and a connection without one is dropped.

Limits: the backlog of connections not yet accepted, /proc/sys/net/core/somaxconn (4096 since
Linux 5.4, listen(2)); past it a worker's connect waits.  The closed connections stay in
TIME_WAIT for a minute, a port each, of the 28232 in /proc/sys/net/ipv4/ip_local_port_range.
"""

import socket

import kernel
from transports import _crew


def _listener(crew: _crew.Crew) -> socket.socket:
    listener = crew.own(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    listener.bind(("127.0.0.1", 0))  # never "localhost": the resolver may say ::1
    listener.listen(socket.SOMAXCONN)
    return listener


def unsupported() -> str | None:
    """Return why nobody can listen on the loopback interface here, or None."""
    return _crew.probe(_listener)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    seal = _crew.Seal()
    with _crew.Crew(timeout) as crew:
        listener = _listener(crew)
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, listener.getsockname(), seal, worker, lo, hi)
        # A segment may reach us by a softirq thread, some time after its sender is dead.
        sums = _crew.accept(crew, listener, seal, grace=0.2)
    return kernel.combine(sums.values())


def _work(address: tuple[str, int], seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        connection.sendall(frame)


if __name__ == "__main__":
    _crew.main(run, unsupported)
