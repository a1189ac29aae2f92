"""System V message queue: sysvipc(7), msgop(2), by way of sysv_ipc.

Topology: one queue from all workers to the caller.  It belongs to no process: it stays until
somebody removes it or the system goes down, so a guardian removes it should the caller be
killed.  It has no descriptor to wait on: the caller sleeps until a worker has exited, and
takes what has come by then.  A worker that finds the queue full wakes it through a pipe.

Limits: 16384 bytes a queue (/proc/sys/kernel/msgmnb), past which a sender waits; 8192 bytes
a message (msgmax); 32000 queues (msgmni).  Any process of the same user can find the queue
in /proc/sysvipc/msg, take messages from it, fill it and remove it: that is an error.  The
right to send is checked at each call, so a worker that changes its user cannot send any more.
"""

import contextlib
import errno
import os
from functools import partial
from typing import Any

import kernel
from transports._channel.packets import over_packets
from transports._channel.protocol import Channel, Work
from transports._channel.sysv_mq import medium
from transports._supervisor import Supervisor, guard, main, probe
from transports._supervisor.bindings import as_oserror, optional, require, retry_on_signal
from transports._supervisor.frames import SignedFrames

sysv_ipc = optional("sysv_ipc")


def _free_key() -> int:
    # Not 0, which is IPC_PRIVATE; nor one that the system picks: the guardian has to know it first.
    while True:
        key: int = int.from_bytes(os.urandom(8), "big") % sysv_ipc.KEY_MAX + 1
        try:
            sysv_ipc.MessageQueue(key)
        except sysv_ipc.ExistentialError:
            return key
        except sysv_ipc.PermissionsError:
            continue


def _queues(supervisor: Supervisor, count: int, size: int = SignedFrames.size) -> list[Any]:
    require(sysv_ipc, "sysv_ipc")
    with as_oserror(sysv_ipc.Error, limits="msgmni and msgmnb in /proc/sys/kernel"):
        keys, queue = [_free_key() for _ in range(count)], sysv_ipc.MessageQueue

        def remove() -> None:
            for key in keys:
                with contextlib.suppress(sysv_ipc.ExistentialError):
                    queue(key).remove()

        supervisor.cleanup.enter_context(guard(supervisor, remove))
        return [queue(key, sysv_ipc.IPC_CREX, 0o600, max_message_size=size) for key in keys]


def unsupported() -> str | None:
    """Return why no System V message queue can be had here, or None."""
    return probe(partial(_queues, count=1))


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    signer = SignedFrames()
    sums: dict[int, float] = {}
    with Supervisor(timeout) as supervisor:
        (queue,) = _queues(supervisor, 1)
        wake_reader, wake_writer = supervisor.pipe()
        os.set_blocking(wake_writer, False)
        for worker, (lo, hi) in enumerate(slices):
            supervisor.fork(_work, queue, wake_writer, signer, worker, lo, hi)
        supervisor.listen(wake_reader)
        for ready, _ in supervisor.events(sums):
            if ready:
                supervisor.read(wake_reader).clear()
            with as_oserror(sysv_ipc.Error):
                foreign = _drain(queue, signer, sums)
                if ready and (foreign or queue.max_size < signer.size):
                    # Nothing would wake us if it were filled again.
                    raise OSError(errno.EBUSY, "another process of this user fills the queue")
    return kernel.combine(sums.values())


def _drain(queue: Any, signer: SignedFrames, sums: dict[int, float]) -> bool:
    """Take what there is now; return whether any of it was another process's."""
    foreign = False
    with contextlib.suppress(sysv_ipc.BusyError):
        for _ in range(queue.current_messages):  # not until it is empty: it may be filled anew
            frame = signer.unpack(retry_on_signal(sysv_ipc.Error, queue.receive, False)[0])
            foreign |= not frame
            sums |= frame
    return foreign


def _work(queue: Any, wake_fd: int, signer: SignedFrames, worker: int, lo: int, hi: int) -> None:
    frame = signer.pack(worker, kernel.partial_sum(lo, hi))
    try:
        retry_on_signal(sysv_ipc.Error, queue.send, frame, False)
    except sysv_ipc.BusyError:
        with contextlib.suppress(BlockingIOError):  # full of such bytes: the caller will wake
            os.write(wake_fd, b"!")
        retry_on_signal(sysv_ipc.Error, queue.send, frame)


CHANNEL_EXPECTED_FAILURES = {
    "C10": "sometimes: msgrcv(2) has no timeout: if the processes that watch the workers are killed"
    " together with them, nobody is left to wake a caller that sleeps in it",
}
"""Clauses that `channel` does not keep, where `run` does."""


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[Channel]:
    """Carry messages in packets, back by a queue for each worker: see :mod:`transports`."""
    return over_packets(partial(medium, _queues), work, workers, duplex, timeout)


if __name__ == "__main__":
    main(run, unsupported)
