"""ZeroMQ, by pyzmq: PUSH to PULL over a Unix socket, and a thread in each process.

The caller's sockets are bound before the workers are forked, each of which has a context of
its own: that of the caller is not to be used after a fork.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator

import kernel
from tests.benchmarks.peers import PATIENCE, SLICE, SUM, missing
from transports._supervisor import Supervisor

try:
    import zmq
except ModuleNotFoundError:
    zmq = None


def unsupported() -> str | None:
    """Return why pyzmq cannot be had here, or None."""
    return missing("zmq", "zmq")


def _work_once(place: str, lo: int, hi: int) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as sums:
        sums.connect(f"ipc://{place}/sums")
        sums.send(SUM.pack(kernel.partial_sum(lo, hi)))


def run(n: int, workers: int) -> float:
    """Sum in new processes that connect to a socket."""
    with (
        Supervisor() as supervisor,
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        zmq.Context() as context,
        context.socket(zmq.PULL) as sums,
    ):
        sums.bind(f"ipc://{place}/sums")
        sums.rcvtimeo = PATIENCE * 1000
        for lo, hi in kernel.slices(n, workers):
            supervisor.fork(_work_once, place, lo, hi)
        values = [SUM.unpack(sums.recv())[0] for _ in range(workers)]
        for _ in supervisor.events(range(workers)):
            pass
    return kernel.combine(values)


def _work(place: str) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as tasks,
        context.socket(zmq.PUSH) as sums,
    ):
        tasks.connect(f"ipc://{place}/tasks")
        sums.connect(f"ipc://{place}/sums")
        while True:
            sums.send(SUM.pack(kernel.partial_sum(*SLICE.unpack(tasks.recv()))))


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that pushes slices to processes that are there, in turn."""
    with (
        Supervisor() as supervisor,
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        zmq.Context() as context,
        context.socket(zmq.PUSH) as tasks,
        context.socket(zmq.PULL) as sums,
    ):
        tasks.bind(f"ipc://{place}/tasks")
        sums.bind(f"ipc://{place}/sums")
        sums.rcvtimeo = PATIENCE * 1000
        tasks.linger = 0
        for _ in range(workers):
            supervisor.fork(_work, place)

        def ready(n: int, parts: int) -> float:
            for bounds in kernel.slices(n, parts):
                tasks.send(SLICE.pack(*bounds))
            return kernel.combine(SUM.unpack(sums.recv())[0] for _ in range(parts))

        yield ready
