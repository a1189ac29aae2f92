"""TCP over the loopback interface: tcp(7), ip(7).

Topology: the caller listens on a port that the system picks, each worker connects when its
sum is ready and sends one frame.  Any local user can connect to a loopback port.  So each
worker comes from a port that the caller has bound for it, which nobody else can have
meanwhile, and connections from elsewhere are closed at once; and a frame carries the signature
of this run.

A channel's worker connects at once, and its first frame is sealed: nobody else can write into a
connection, so the messages need no signature of their own.

Limits: the backlog of connections not yet accepted, /proc/sys/net/core/somaxconn (4096 since
Linux 5.4, listen(2)); past it a worker's connect waits, so whoever keeps it full delays the
run.  A port for each worker, of the 28232 in /proc/sys/net/ipv4/ip_local_port_range.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator

import kernel
from transports import _crew, _stream

_GRACE = 0.2  # seconds: a softirq thread may deliver a segment after its sender is dead
_AT_ONCE = struct.pack("@ii", 1, 0)  # struct linger, socket(7)


def _bound(crew: _crew.Crew) -> socket.socket:
    bound = crew.own(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    bound.bind(("127.0.0.1", 0))  # never "localhost": the resolver may say ::1
    return bound


def _listener(crew: _crew.Crew) -> socket.socket:
    listener = _bound(crew)
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
        ours: set[object] = set()
        for worker, (lo, hi) in enumerate(slices):
            connection = _bound(crew)
            ours.add(connection.getsockname())
            crew.fork(_work, connection, listener.getsockname(), seal, worker, lo, hi)
            crew.close(connection)
        sums = _crew.accept(crew, listener, seal, lambda *peer: _welcome(ours, *peer), _GRACE)
    return kernel.combine(sums.values())


def _welcome(ours: set[object], peer: socket.socket, address: object) -> bool:
    # Closed by a reset, no side keeps its port in TIME_WAIT for a minute; all that there is to
    # lose has been read by then.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    # A message is sent at once: nothing is to be gained by waiting for the next, tcp(7).
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return address in ours


def _work(
    connection: socket.socket,
    address: tuple[str, int],
    seal: _crew.Seal,
    worker: int,
    lo: int,
    hi: int,
) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    with connection:
        connection.connect(address)
        connection.sendall(frame)


@contextlib.contextmanager
def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> Iterator[_stream.Channel]:
    """Carry messages, both ways by a connection that is sealed once: see :mod:`transports`."""
    _stream.check(workers)
    seal = _crew.Seal()
    ours: set[object] = set()
    with _crew.Crew(timeout) as crew:
        listener = _listener(crew)
        for worker in range(workers):
            connection = _bound(crew)
            ours.add(connection.getsockname())
            hello = seal.pack(worker, 0.0)
            crew.fork(_serve, connection, listener.getsockname(), hello, work, worker, duplex)
            crew.close(connection)
        ends = _stream.greet(
            crew, listener, seal, lambda *peer: _welcome(ours, *peer), workers, _GRACE
        )
        streams = _stream.Streams(crew, ends, duplex, sockets=True, grace=_GRACE)
        with crew.admit():
            yield streams


def _serve(
    connection: socket.socket,
    address: tuple[str, int],
    hello: bytes,
    work: _stream.Work,
    worker: int,
    duplex: bool,
) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect(address)
    connection.sendall(hello)
    fd = connection.fileno()
    _stream.serve_streams(work, worker, fd if duplex else -1, fd)


if __name__ == "__main__":
    _crew.main(run, unsupported)
