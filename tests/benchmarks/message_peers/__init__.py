"""What else a program would send messages by: peers of the channels, for the tables of messages.

Each module here has

``unsupported()``
    Why it cannot be had here, or None.
``channel(work, workers, *, duplex=False)``
    A context manager like the channel of a transport (see `transports`), but for its promises: it
    gives what yields ``(worker, message)`` until all workers have ended, and has ``send(worker,
    data)``; *work* gets a link with ``worker``, ``send(data)`` and ``receive()``.  A message has at
    least one byte: one with none is how a worker says that it has ended.
``serving()``, if there is a server
    A context manager that starts it and gives such a ``channel``.
``FORKS_ONCE``, if True
    A process that was forked from one that has used the library cannot use it: measure in a child.

They are used as their own documentation does.  All is set up before the first message is timed:
these are warm, as the channels of transports are in the same tables.  None keeps the clauses: a
worker that dies is an exception after `PATIENCE` seconds, or the caller waits for ever.
"""

import contextlib
import importlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from transports._supervisor import Supervisor

NAMES = (
    "faster_fifo",
    "iceoryx2",
    "mp_pipe",
    "mp_queue",
    "mp_simple_queue",
    "nng",
    "redis",
    "shm_in_place",
    "shm_spinning",
    "zeromq",
)

PATIENCE = 60  # seconds for a message to come

END = b""

Work = Callable[[Any], None]
Receive = Callable[[], tuple[int, Any]]
Open = Callable[..., contextlib.AbstractContextManager[Any]]


class Opened:
    """What the caller has of a channel.

    receive: returns a worker and its next message.
    send: sends to a worker.
    """

    def __init__(
        self, workers: int, receive: Receive, send: Callable[[int, bytes], object]
    ) -> None:
        self.send = send
        self._messages = _taken(workers, receive)

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        return self._messages


def _taken(workers: int, receive: Receive) -> Iterator[tuple[int, Any]]:
    while workers:
        message = receive()
        if message[1]:
            yield message
        else:
            workers -= 1


def link(worker: int, send: Callable[[bytes], object], receive: Callable[[], Any] | None) -> Any:
    """Return what a worker's work gets."""
    return SimpleNamespace(worker=worker, send=send, receive=receive)


def greeted(receive: Receive, workers: int) -> Receive:
    """Wait for the first message of each worker, a greeting; return what receives the others."""
    early, known = deque[tuple[int, Any]](), set[int]()
    while len(known) < workers:
        worker, message = receive()
        if worker in known:
            early.append((worker, message))
        known.add(worker)
    return (lambda: early.popleft() if early else receive()) if early else receive


@contextlib.contextmanager
def forked(target: Callable[..., None], arguments: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """Fork a worker for each of *arguments*; those that are left after the block are killed."""
    with Supervisor() as supervisor:
        for each in arguments:
            supervisor.fork(target, *each)
        yield


@contextlib.contextmanager
def processes(target: Callable[..., None], arguments: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """Do the same with multiprocessing, whose queues need it."""
    fork = multiprocessing.get_context("fork")
    started = [fork.Process(target=target, args=each, daemon=True) for each in arguments]
    for process in started:
        process.start()
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.join()
            process.close()


def unsupported(name: str) -> str | None:
    """Return why the peer *name* cannot be had here, or None."""
    reason: str | None = _module(name).unsupported()
    return reason


def forks_once(name: str) -> bool:
    """Tell whether the peer *name* has to be measured in a child."""
    return bool(getattr(_module(name), "FORKS_ONCE", False))


def opening(name: str) -> contextlib.AbstractContextManager[Open]:
    """Return what sets up what all channels of the peer *name* need, and gives its `channel`."""
    module = _module(name)
    serving: Callable[[], contextlib.AbstractContextManager[Open]] | None = getattr(
        module, "serving", None
    )
    return serving() if serving else contextlib.nullcontext(module.channel)


def _module(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")
