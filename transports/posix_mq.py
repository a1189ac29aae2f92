"""POSIX message queue: mq_overview(7), by way of posix_ipc.

Topology: one queue from all workers to the caller.  Its name is removed before the first
fork: the queue lives on in the descriptors that the workers inherit, nobody else can open
it, and it goes with the last of them.  On Linux the descriptor can be polled
(mq_overview(7), "Polling"), which POSIX does not promise.

Limits: 10 messages without privilege (/proc/sys/fs/mqueue/msg_max), past which a sender
waits; 256 queues (queues_max); 819200 bytes in all queues of a user (RLIMIT_MSGQUEUE).
"""

import contextlib
from typing import Any

import kernel
from transports import _crew

try:
    import posix_ipc
except ModuleNotFoundError:
    posix_ipc = None

_DEPTH = 10  # msg_max as Linux sets it: more takes CAP_SYS_RESOURCE
_LIMITS = "RLIMIT_MSGQUEUE; queues_max and msg_max in /proc/sys/fs/mqueue"


def _queue(crew: _crew.Crew) -> Any:
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
            name, posix_ipc.O_CREX, 0o600, max_messages=_depth(), max_message_size=_crew.Seal.size
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


if __name__ == "__main__":
    _crew.main(run, unsupported)
