"""TCP over the loopback interface: tcp(7), ip(7).

Topology: the caller listens on a port that the system picks, each worker connects when its
sum is ready and sends one frame.  Any local user can connect to a loopback port.  So each
worker comes from a port that the caller has bound for it, which nobody else can have
meanwhile, and connections from elsewhere are closed at once; and a frame carries the signature
of this run.

Limits: the backlog of connections not yet accepted, /proc/sys/net/core/somaxconn (4096 since
Linux 5.4, listen(2)); past it a worker's connect waits, so whoever keeps it full delays the
run.  A port for each worker, of the 28232 in /proc/sys/net/ipv4/ip_local_port_range.
"""

import contextlib
import fcntl
import select
import socket
import struct
import termios
from collections.abc import Callable, Iterator
from functools import partial

import kernel
from transports._channel.connections import over_connections
from transports._channel.protocol import Channel, Work
from transports._supervisor import Supervisor, main, probe
from transports._supervisor.connections import BACKLOG, Rendezvous, gather_connections
from transports._supervisor.frames import SignedFrames

_NAP = 1  # milliseconds between two looks whether all that was sent has arrived
_AT_ONCE = struct.pack("@ii", 1, 0)  # struct linger, socket(7)


def _bound(supervisor: Supervisor) -> socket.socket:
    bound = supervisor.own(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    bound.setblocking(True)  # whatever socket.setdefaulttimeout has set for the caller's own
    bound.bind(("127.0.0.1", 0))  # never "localhost": the resolver may say ::1
    return bound


def _rendezvous(supervisor: Supervisor) -> Rendezvous:
    """Return a listener, and a port that is bound beforehand for each worker."""
    listener = _bound(supervisor)
    listener.listen(BACKLOG)
    ours: set[object] = set()

    def is_worker(peer: socket.socket, address: object) -> bool:
        # Closed by a reset, no side keeps its port in TIME_WAIT for a minute; all that there is
        # to lose has been read by then.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        # A message is sent at once: nothing is to be gained by waiting for the next, tcp(7).
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return address in ours

    @contextlib.contextmanager
    def dialer() -> Iterator[Callable[[], socket.socket]]:
        connection = _bound(supervisor)
        ours.add(connection.getsockname())
        yield partial(_dial, connection, listener.getsockname())
        supervisor.close(connection)

    return Rendezvous(listener, is_worker, dialer)


def _dial(connection: socket.socket, address: tuple[str, int]) -> socket.socket:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect(address)
    return connection


def unsupported() -> str | None:
    """Return why nobody can listen on the loopback interface here, or None."""
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
        _wait_for_arrival(connection.fileno())


def _wait_for_arrival(connection: int) -> None:
    """Return when all that was sent has reached the other side, or the connection is reset.

    Who ends earlier may be dead before its last segment has come.  And a connection that is closed
    while something is unread is reset (RFC 1122, 4.2.2.13): what is on its way is dropped.
    """
    reset, waits = select.poll(), bytearray(4)
    reset.register(connection, 0)  # POLLERR and POLLHUP are reported all the same, poll(2)
    with contextlib.suppress(OSError):  # another system than Linux, which need not have it: tcp(7)
        while fcntl.ioctl(connection, termios.TIOCOUTQ, waits) == 0 and any(waits):
            if reset.poll(_NAP):
                break


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[Channel]:
    """Carry messages, both ways by a connection each: see :mod:`transports`."""
    return over_connections(_rendezvous, work, workers, duplex, timeout, settle=_wait_for_arrival)


if __name__ == "__main__":
    main(run, unsupported)
