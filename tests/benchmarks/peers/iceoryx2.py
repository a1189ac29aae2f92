"""iceoryx2, by its binding: requests and responses in shared memory, woken by its events.

The caller serves.  A worker asks for a slice, and with its next request brings the sum; the
caller holds a request until it has a slice for it.  All that it names has a prefix of its own
and lies in a private directory and in /dev/shm.
"""

import contextlib
import ctypes
import glob
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import kernel
from tests.benchmarks.peers import PATIENCE, missing
from transports._supervisor import Supervisor

try:
    import iceoryx2
except ModuleNotFoundError:
    iceoryx2 = None


class Request(ctypes.Structure):
    """What a worker says: its number, and the sum of its last slice."""

    _fields_ = (("worker", ctypes.c_uint64), ("value", ctypes.c_double))


class Response(ctypes.Structure):
    """A slice; one that ends before it begins is the end."""

    _fields_ = (("lo", ctypes.c_int64), ("hi", ctypes.c_int64))


def unsupported() -> str | None:
    """Return why iceoryx2 cannot be had here, or None."""
    if reason := missing("iceoryx2", "iceoryx2"):
        return reason
    return None if hasattr(iceoryx2, "Server") else "this iceoryx2 has no requests and responses"


def new_node(place: str, prefix: str) -> Any:
    """Return a node whose names begin with *prefix*, and whose files are in *place*."""
    iceoryx2.set_log_level(iceoryx2.LogLevel.Fatal)
    config = iceoryx2.config.global_config()
    config.global_cfg.prefix = iceoryx2.FileName.new(prefix)
    config.global_cfg.root_path = iceoryx2.Path.new(place)
    builder = iceoryx2.NodeBuilder.new().config(config)
    builder = builder.signal_handling_mode(iceoryx2.SignalHandlingMode.Disabled)
    return builder.create(iceoryx2.ServiceType.Ipc)


def event(node: Any, name: str, workers: int) -> Any:
    """Return the event *name*, by which one of so many workers, or their caller, is woken."""
    service = node.service_builder(iceoryx2.ServiceName.new(name)).event()
    return service.max_nodes(workers + 1).max_notifiers(workers + 1).open_or_create()


def _requests(node: Any, workers: int) -> Any:
    service = node.service_builder(iceoryx2.ServiceName.new("slices"))
    service = service.request_response(Request, Response)
    return service.max_nodes(workers + 1).max_clients(workers).open_or_create()


def _work(place: str, prefix: str, worker: int, workers: int) -> None:
    node = new_node(place, prefix)
    bell = event(node, f"worker {worker}", workers).listener_builder().create()
    caller = event(node, "caller", workers).notifier_builder().create()
    client = _requests(node, workers).client_builder().create()
    value = 0.0
    while True:
        pending = client.send_copy(Request(worker, value))
        caller.notify()
        while (response := pending.receive()) is None:
            bell.blocking_wait()
        lo, hi = response.payload().contents.lo, response.payload().contents.hi
        response.delete()
        pending.delete()
        if hi < lo:
            break
        value = kernel.partial_sum(lo, hi)
    for port in (client, caller, bell):  # in order, or its files would stay: no exit tidies up
        port.delete()


def run(n: int, workers: int) -> float:
    """Sum in new processes that open a new service."""
    with warm(workers) as ready:
        return ready(n, workers)


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that answers the requests of processes that are there."""
    prefix = f"ipc_{secrets.token_hex(6)}_"
    with tempfile.TemporaryDirectory() as place, files_removed(prefix), Supervisor() as supervisor:
        node = new_node(place, prefix)
        bell = event(node, "caller", workers).listener_builder().create()
        server = _requests(node, workers).server_builder().create()
        bells = [
            event(node, f"worker {worker}", workers).notifier_builder().create()
            for worker in range(workers)
        ]
        for worker in range(workers):
            supervisor.fork(_work, place, prefix, worker, workers)
        asked = _take(bell, server, workers)

        def answer(slices: list[tuple[int, int]]) -> None:
            for (lo, hi), request in zip(slices, asked, strict=True):
                worker = request.payload().contents.worker
                request.send_copy(Response(lo, hi))
                request.delete()
                bells[worker].notify()

        def ready(n: int, parts: int) -> float:
            answer(list(kernel.slices(n, parts)))
            asked[:] = _take(bell, server, parts)
            return kernel.combine(request.payload().contents.value for request in asked)

        yield ready
        answer([(1, 0)] * workers)
        for _ in supervisor.events(range(workers)):
            pass
        for port in (server, bell, *bells):
            port.delete()


@contextlib.contextmanager
def files_removed(prefix: str) -> Iterator[None]:
    """Remove what workers that were killed have left."""
    try:
        yield
    finally:
        for path in glob.glob(f"/dev/shm/{prefix}*"):  # noqa: S108 - where Linux has them
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _take(bell: Any, server: Any, count: int) -> list[Any]:
    """Return *count* requests."""
    taken: list[Any] = []
    until = time.monotonic() + PATIENCE
    while len(taken) < count:
        if (request := server.receive()) is not None:
            taken.append(request)
        elif time.monotonic() > until:
            raise TimeoutError("no sum has come")
        else:
            # It may return early with no event: one that came while another was taken in is
            # taken in with it, and its own wake-up comes to nothing.
            bell.timed_wait(iceoryx2.Duration.from_secs(PATIENCE))
    return taken
