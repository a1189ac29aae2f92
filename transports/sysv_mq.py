"""System V message queue: sysvipc(7), msgop(2), by way of sysv_ipc.

Topology: one queue from all workers to the caller.  It belongs to no process: it stays until
somebody removes it or the system goes down, so a guardian removes it should the caller be
killed.  It has no descriptor to wait on: the caller sleeps until a worker has exited, and
takes what has come by then.  A worker that finds the queue full rings for it through a pipe:
others of the same user can fill the queue too.

A channel cuts messages to packets of 4 KiB, whose tag is their type; sysv_ipc takes types of 31
bits.  Its caller sleeps in msgrcv(2), and a process that watches the workers sends it an empty
message when one ends.  For the way back each worker has a queue of its own.  Of others that take
messages or let none in, that process finds the trace, and then removes the queue.

Limits: 16384 bytes a queue (/proc/sys/kernel/msgmnb), past which a sender waits; 8192 bytes
a message (msgmax); 32000 queues (msgmni).  Any process of the same user can find the queue
in /proc/sysvipc/msg, take messages from it, fill it and remove it: that is an error.
"""

import contextlib
import errno
import functools
import os
import secrets
from collections.abc import Sequence
from typing import Any

import kernel
from transports import _crew, _stream

try:
    import sysv_ipc
except ModuleNotFoundError:
    sysv_ipc = None


_MOST = 4096  # bytes of a packet: a quarter of a queue, so that one can go as another comes


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


def _queues(crew: _crew.Crew, count: int) -> list[Any]:
    _crew.need(sysv_ipc, "sysv_ipc")
    with _crew.oserror(sysv_ipc.Error, limits="msgmni and msgmnb in /proc/sys/kernel"):
        keys = [_free_key() for _ in range(count)]

        def remove() -> None:
            for key in keys:
                with contextlib.suppress(sysv_ipc.ExistentialError):
                    sysv_ipc.MessageQueue(key).remove()

        crew.enter(crew.guard(remove))
        return [
            sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600, max_message_size=_MOST)
            for key in keys
        ]


def _queue(crew: _crew.Crew) -> Any:
    return _queues(crew, 1)[0]


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
        bell, rope = crew.pipe()
        os.set_blocking(rope, False)
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, queue, rope, seal, worker, lo, hi)
        crew.listen(bell)
        for ready, _ in crew.events(sums):
            if ready:
                crew.read(bell).clear()
            with _crew.oserror(sysv_ipc.Error):
                strange = _drain(queue, seal, sums)
                if ready and (strange or queue.max_size < seal.size):
                    # Nothing would wake us if it were filled again.
                    raise OSError(errno.EBUSY, "another process of this user fills the queue")
    return kernel.combine(sums.values())


def _drain(queue: Any, seal: _crew.Seal, sums: dict[int, float]) -> bool:
    """Take what there is now; return whether any of it was a stranger's."""
    strange = False
    with contextlib.suppress(sysv_ipc.BusyError):
        for _ in range(queue.current_messages):  # not until it is empty: it may be filled anew
            frame = seal.unpack(_crew.restart(sysv_ipc.Error, queue.receive, False)[0])
            strange |= not frame
            sums |= frame
    return strange


def _work(queue: Any, rope: int, seal: _crew.Seal, worker: int, lo: int, hi: int) -> None:
    frame = seal.pack(worker, kernel.partial_sum(lo, hi))
    try:
        _crew.restart(sysv_ipc.Error, queue.send, frame, False)
    except sysv_ipc.BusyError:
        with contextlib.suppress(BlockingIOError):  # rung already, and not yet heard
            os.write(rope, b"!")
        _crew.restart(sysv_ipc.Error, queue.send, frame)


def _check(error: Exception) -> None:
    """Return if a signal was all, for the call to be made again; else the queue is gone."""
    if not _crew.by_signal(error):
        raise _crew.as_oserror(error) from error


def _strange(pid: int, reader: int) -> bool:
    # It is the number of a thread where the message went to one that was asleep: Linux has
    # task_pid() in pipelined_send(), ipc/msg.c. Of one that has ended there is nothing to know.
    mine = pid in (0, reader) or os.path.exists(f"/proc/{reader}/task/{pid}")
    return not mine and os.path.exists(f"/proc/{pid}")


class _Medium:
    """A queue to the caller and, if duplex, one to each worker."""

    most = _MOST
    fd = -1  # there is none: a process that watches the workers sends b"" when one ends
    strange = 0  # what has been taken may come back, and no trace be left of that
    # For a type, which is not 0: an int.  A partial is a method from Python 3.14 on.
    tags = staticmethod(functools.partial(_stream.Tags, bits=30))

    def __init__(self, crew: _crew.Crew, workers: int, duplex: bool) -> None:
        self._crew, self._caller = crew, os.getpid()
        self._up, *self._down = up, *down = _queues(crew, 1 + (workers if duplex else 0))
        # Bound once: they are called for each packet.
        self._send, self._receive = up.send, up.receive
        self._answers = [queue.send for queue in down]
        self._questions = [queue.receive for queue in down]

    def put(self, data: bytes, tag: int) -> None:
        try:
            self._send(data, True, tag)
        except sysv_ipc.Error as error:
            _check(error)
            self.put(data, tag)

    def held(self) -> int:
        most: int = self._up.max_size  # bytes, and as many messages that are empty: msgop(2)
        return most

    def notice(self) -> None:
        self.put(b"", _stream.NOTICE)

    def check(self) -> None:
        """Remove the queue, which wakes all, where a message was taken or none can be sent."""
        readers = [self._caller, *(self._crew.pid(worker) for worker in range(len(self._down)))]
        for queue, reader in zip([self._up, *self._down], readers, strict=True):
            with contextlib.suppress(sysv_ipc.ExistentialError):
                if _strange(queue.last_receive_pid, reader) or queue.max_size < _MOST:
                    self._up.remove()

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        try:
            return (self._receive(wait),)
        except sysv_ipc.BusyError:
            return ()
        except sysv_ipc.Error as error:
            _check(error)
        return self.take(wait)

    def reply(self, worker: int, data: bytes, tag: int) -> bool:
        try:
            self._answers[worker](data, False, tag)
        except sysv_ipc.BusyError:
            return False
        except sysv_ipc.Error as error:
            _check(error)
            return self.reply(worker, data, tag)
        return True

    def room(self, worker: int) -> int:
        return -1

    def get(self, worker: int) -> tuple[bytes, int]:
        try:
            packet: tuple[bytes, int] = self._questions[worker]()
        except sysv_ipc.Error as error:
            _check(error)
            return self.get(worker)
        return packet


CHANNEL_EXPECTED_FAILURES = {
    "C10": "msgrcv(2) has no timeout: if the processes that watch the workers are killed together "
    "with them, nobody is left to wake the caller",
}
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
