"""ZeroMQ, by pyzmq: DEALER to ROUTER over a Unix socket, and a thread in each process.

The caller's socket is bound before the workers are forked, each of which has a context of its own:
that of the caller is not to be used after a fork.
"""

import contextlib
import tempfile
from collections.abc import Iterator

from tests.benchmarks.message_peers import END, PATIENCE, Opened, Work, forked, greeted, link
from tests.benchmarks.peers import missing

try:
    import zmq
except ModuleNotFoundError:
    zmq = None

_HELLO = b"!"  # a router knows whom to send to when it has heard of them


def unsupported() -> str | None:
    """Return why pyzmq cannot be had here, or None."""
    return missing("zmq", "zmq")


def _work(work: Work, worker: int, place: str) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.identity = b"%d" % worker
        dealer.rcvtimeo = PATIENCE * 1000
        dealer.connect(f"ipc://{place}/socket")
        dealer.send(_HELLO)
        work(link(worker, dealer.send, dealer.recv))
        dealer.send(END)


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Bind a socket for all workers; wait until they have connected.  It is always duplex."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
    ):
        router.bind(f"ipc://{place}/socket")
        router.rcvtimeo = PATIENCE * 1000
        router.linger = 0
        router.router_mandatory = True
        names = [b"%d" % worker for worker in range(workers)]

        def receive() -> tuple[int, bytes]:
            name, message = router.recv_multipart()
            return int(name), message

        with forked(_work, [(work, number, place) for number in range(workers)]):
            yield Opened(
                workers,
                greeted(receive, workers),
                lambda worker, data: router.send_multipart([names[worker], data]),
            )
