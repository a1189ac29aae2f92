"""System V message queue: sysvipc(7), msgop(2), by way of sysv_ipc.

Topology: one queue from all workers to the caller.  It belongs to no process: it stays until
somebody removes it or the system goes down, so a guardian removes it should the caller be
killed.  It has no descriptor to wait on: the caller sleeps until a worker has exited, and
takes what has come by then.  That cannot block for good, because a full queue was filled by
workers that exit.

Limits: 16384 bytes a queue (/proc/sys/kernel/msgmnb), past which a sender waits; 8192 bytes
a message (msgmax); 32000 queues (msgmni).  Any process of the same user can find the queue
in /proc/sysvipc/msg, and remove it.
"""

import contextlib
import secrets
from typing import Any

import kernel
from transports import _crew

try:
    import sysv_ipc
except ModuleNotFoundError:
    sysv_ipc = None


def _free_key() -> int:
    while True:
        # Not 0, which is IPC_PRIVATE; and not left to the system, for the guardian has to
        # know the key before there is a queue.
        key = secrets.randbelow(sysv_ipc.KEY_MAX) + 1
        try:
            sysv_ipc.MessageQueue(key)
        except sysv_ipc.ExistentialError:
            return key
        except sysv_ipc.PermissionsError:
            continue


def _queue(crew: _crew.Crew) -> Any:
    _crew.need(sysv_ipc, "sysv_ipc")
    with _crew.oserror(sysv_ipc.Error):
        key = _free_key()

        def remove() -> None:
            with contextlib.suppress(sysv_ipc.ExistentialError):
                sysv_ipc.MessageQueue(key).remove()

        crew.enter(crew.guard(remove))
        return sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600)


def unsupported() -> str | None:
    """Return why no System V message queue can be had here, or None."""
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
        for _ in crew.events(sums):
            with _crew.oserror(sysv_ipc.ExistentialError), contextlib.suppress(sysv_ipc.BusyError):
                while True:
                    sums |= seal.unpack(_crew.restart(sysv_ipc.Error, queue.receive, False)[0])
    return kernel.combine(sums.values())


def _work(queue: Any, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    _crew.restart(sysv_ipc.Error, queue.send, seal.pack(worker, kernel.partial_sum(lo, hi)))


if __name__ == "__main__":
    _crew.main(run, unsupported)
