"""POSIX message queue: mq_overview(7), by way of posix_ipc.

Topology: one queue from all workers to the caller.  Its name is removed before the first
fork: the queue lives on in the descriptors that the workers inherit, nobody else can open
it, and it goes with the last of them.  On Linux the descriptor can be polled
(mq_overview(7), "Polling"), which POSIX does not promise.

A channel cuts messages to packets of at most 8 KiB, each with its tag.  For the way back each
worker has a queue of its own, of smaller messages: so a user may have twenty such channels.

Limits: 10 messages without privilege (/proc/sys/fs/mqueue/msg_max), past which a sender
waits; 256 queues (queues_max); 819200 bytes in all queues of a user (RLIMIT_MSGQUEUE).
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import kernel
from transports import _crew, _stream

try:
    import posix_ipc
except ModuleNotFoundError:
    posix_ipc = None

_DEPTH = 10  # msg_max as Linux sets it: more takes CAP_SYS_RESOURCE
_LIMITS = "RLIMIT_MSGQUEUE; queues_max and msg_max in /proc/sys/fs/mqueue"
_MOST = 8192  # bytes a message, msgsize_max as Linux sets it
_LEAST = 2 * _stream.tag_size  # which a size and its tag take
_BUDGET = 32_768  # bytes of the queues of a duplex channel: a user may have twenty of them


def _queue(crew: _crew.Crew, size: int = _crew.Seal.size) -> Any:
    _crew.need(posix_ipc, "posix_ipc")
    if not posix_ipc.MESSAGE_QUEUES_SUPPORTED:
        raise OSError("this system has no POSIX message queues")
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_message_queue(name)

    # posix_ipc says ValueError for EINVAL, which mq_open(3) gives for a limit exceeded.
    with crew.guard(unlink), _crew.oserror(posix_ipc.Error, ValueError, limits=_LIMITS):
        queue = posix_ipc.MessageQueue(
            name, posix_ipc.O_CREX, 0o600, max_messages=_depth(), max_message_size=size
        )
        crew.enter(contextlib.closing(queue))
    return queue


def _depth() -> int:
    with contextlib.suppress(OSError), open("/proc/sys/fs/mqueue/msg_max") as most:
        return min(_DEPTH, int(most.read()))
    return _DEPTH


def unsupported() -> str | None:
    """Return why no POSIX message queue can be had here, or None."""
    return _crew.probe(_queue)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    seal = _crew.Seal()
    sums: dict[int, float] = {}
    with _crew.Crew(timeout) as crew:
        queue = _queue(crew)
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, queue, seal, worker, lo, hi)
            sums |= _drain(queue, seal)  # or the eleventh to be ready waits for the last fork
        crew.listen(queue.mqd)
        for _ in crew.events(sums):
            sums |= _drain(queue, seal)
    return kernel.combine(sums.values())


def _drain(queue: Any, seal: _crew.Seal) -> dict[int, float]:
    sums: dict[int, float] = {}
    # Not queue.block = False: workers share the open description, and its flags.
    with contextlib.suppress(posix_ipc.BusyError):
        while True:
            sums |= seal.unpack(_crew.restart(posix_ipc.SignalError, queue.receive, 0)[0])
    return sums


def _work(queue: Any, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    _crew.restart(posix_ipc.SignalError, queue.send, seal.pack(worker, kernel.partial_sum(lo, hi)))


class _Medium:
    """A queue to the caller and, if duplex, one to each worker."""

    notice = check = None
    strange = _stream.STRANGE
    tags = _stream.Tags

    def __init__(self, crew: _crew.Crew, workers: int, duplex: bool) -> None:
        replies = workers if duplex else 0
        size = max(_LEAST, min(_MOST, _BUDGET // (_DEPTH * (1 + replies)))) if duplex else _MOST
        self.most = size - _stream.tag_size
        self._up = _queue(crew, size)
        self._down = [_queue(crew, size) for _ in range(replies)]
        self.fd: int = self._up.mqd

    def held(self) -> int:
        most: int = self._up.max_messages
        return most

    def put(self, data: bytes, tag: int) -> None:
        _crew.restart(posix_ipc.SignalError, self._up.send, _stream.join(data, tag))

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        try:
            return (_stream.part(_crew.restart(posix_ipc.SignalError, self._up.receive, 0)[0]),)
        except posix_ipc.BusyError:
            return ()

    def reply(self, worker: int, data: bytes, tag: int) -> bool:
        packet = _stream.join(data, tag)
        try:
            _crew.restart(posix_ipc.SignalError, self._down[worker].send, packet, 0)
        except posix_ipc.BusyError:
            return False
        return True

    def room(self, worker: int) -> int:
        mqd: int = self._down[worker].mqd
        return mqd

    def get(self, worker: int) -> tuple[bytes, int]:
        return _stream.part(_crew.restart(posix_ipc.SignalError, self._down[worker].receive)[0])


CHANNEL_EXPECTED_FAILURES = dict.fromkeys(
    ("A1", "D1"), "a duplex channel has a queue for each worker, and there may be 256 (queues_max)"
)
"""Clauses that `channel` does not keep, where `run` does."""


def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[_stream.Channel]:
    """Carry messages in packets, back by a queue for each worker: see :mod:`transports`."""
    return _stream.packets(
        lambda crew: _Medium(crew, workers, duplex), work, workers, duplex, timeout
    )


if __name__ == "__main__":
    _crew.main(run, unsupported)
