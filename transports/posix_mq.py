"""POSIX message queue: mq_overview(7), by way of posix_ipc, or of ctypes without it.

Topology: one queue from all workers to the caller.  Its name is removed before the first
fork: the queue lives on in the descriptors that the workers inherit, nobody else can open
it without the right to ptrace(2), and it goes with the last of them.  On Linux the descriptor
can be polled (mq_overview(7), "Polling"), which POSIX does not promise.

Limits: 10 messages without privilege (/proc/sys/fs/mqueue/msg_max), past which a sender
waits; 256 queues (queues_max); 819200 bytes in all queues of a user (RLIMIT_MSGQUEUE).
While a worker of a channel sleeps in `send` or `receive`, posix_ipc drops what a handler of
its own raises, but for KeyboardInterrupt, and the call goes on.
"""

import contextlib
import os
from functools import partial
from typing import Any

import kernel
from transports._channel.packets import over_packets
from transports._channel.posix_mq import medium
from transports._channel.protocol import Channel, Work
from transports._supervisor import Supervisor, guard, main, probe, random_name
from transports._supervisor.bindings import (
    as_oserror,
    close_at_end,
    optional,
    retry_on_signal,
)
from transports._supervisor.frames import SignedFrames

posix_ipc = optional("posix_ipc") or optional("transports._mqueue")

_DEPTH = 10  # msg_max as Linux sets it: more takes CAP_SYS_RESOURCE
_LIMITS = "RLIMIT_MSGQUEUE; queues_max, msg_max and msgsize_max in /proc/sys/fs/mqueue"


def _queue(supervisor: Supervisor, size: int = SignedFrames.size) -> tuple[Any, Any]:
    """Return a new queue as the caller has it, which does not block, and as the workers have it.

    They are two open descriptions, for the flag belongs to these.  To ask with a timeout of 0
    would not do: mq_timedreceive(3) takes a time of the day, and somebody may set the clock.
    """
    if not posix_ipc.MESSAGE_QUEUES_SUPPORTED:
        raise OSError("this system has no POSIX message queues")
    name = "/" + random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_message_queue(name)

    # posix_ipc says ValueError for EINVAL, which mq_open(3) gives for a limit exceeded.
    with guard(supervisor, unlink), as_oserror(posix_ipc.Error, ValueError, limits=_LIMITS):
        theirs = posix_ipc.MessageQueue(
            name, posix_ipc.O_CREX, 0o600, max_messages=_depth(), max_message_size=size
        )
        close_at_end(supervisor, theirs)
        os.fchmod(theirs.mqd, 0o600)  # whatever the umask: it is opened once more
        ours = close_at_end(supervisor, posix_ipc.MessageQueue(name))
        ours.block = False
    return ours, theirs


def _depth() -> int:
    with contextlib.suppress(OSError), open("/proc/sys/fs/mqueue/msg_max") as most:
        return min(_DEPTH, int(most.read()))
    return _DEPTH


def unsupported() -> str | None:
    """Return why no POSIX message queue can be had here, or None."""
    return probe(_queue)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    signer = SignedFrames()
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        queue, theirs = _queue(supervisor)
        for worker, (lo, hi) in enumerate(slices):
            supervisor.fork(_work, theirs, signer, worker, lo, hi)
            sums |= _drain(queue, signer)  # or the eleventh to be ready waits for the last fork
        supervisor.listen(queue.mqd)
        for _ in supervisor.events(sums):
            sums |= _drain(queue, signer)
    return kernel.combine(sums.values())


def _drain(queue: Any, signer: SignedFrames) -> dict[int, float]:
    sums: dict[int, float] = {}
    with contextlib.suppress(posix_ipc.BusyError):
        while True:
            sums |= signer.unpack(retry_on_signal(posix_ipc.SignalError, queue.receive)[0])
    return sums


def _work(queue: Any, signer: SignedFrames, worker: int, lo: int, hi: int) -> None:
    retry_on_signal(
        posix_ipc.SignalError, queue.send, signer.pack(worker, kernel.partial_sum(lo, hi))
    )


CHANNEL_EXPECTED_FAILURES = dict.fromkeys(
    ("A1", "D1"), "a duplex channel has a queue for each worker, and there may be 256 (queues_max)"
)
"""Clauses that `channel` does not keep, where `run` does."""


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[Channel]:
    """Carry messages in packets, back by a queue for each worker: see :mod:`transports`."""
    return over_packets(partial(medium, _queue, _DEPTH), work, workers, duplex, timeout)


if __name__ == "__main__":
    main(run, unsupported)
