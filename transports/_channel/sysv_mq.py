"""Packets through System V message queues: one to the caller and, if duplex, one to each worker.

The type of a message is the tag of its packet; sysv_ipc takes types of 31 bits.  The caller sleeps
in msgrcv(2), and a process that watches the workers sends it an empty message when one ends.
That process also looks for others that take messages or let none in, and then removes the queue.
msgrcv(2) has no timeout: with one, each worker tells by a pipe that it has sent, and the caller
sleeps in poll(2).
"""

import contextlib
import errno
import math
import os
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from transports._channel.authentication import NOTICE, Authenticator
from transports._channel.packets import Medium
from transports._channel.protocol import Given
from transports._channel.state import saved
from transports._supervisor import Supervisor
from transports._supervisor.bindings import as_oserror, by_signal, optional, to_oserror

sysv_ipc = optional("sysv_ipc")

_MOST = 4096  # bytes of a packet: a quarter of a queue, so that one can go as another comes
_LEAST = 8  # which a size takes
_BYTES = 65536  # of a pipe: pipe(7)


class _Queue:
    """A queue of packets."""

    fd = room = -1  # there is none: a process that watches the workers sends a notice

    def __init__(self, queue: Any) -> None:
        self._send, self._receive = queue.send, queue.receive
        self.fetched: deque[tuple[bytes, int]] = deque()
        """Packets that the caller has fetched, and not used yet."""
        self._sleep = saved(self.fetched, queue.receive, True)
        self._ask = saved(self.fetched, queue.receive, False)

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        while True:
            try:
                self._send(data, wait, tag)
            except sysv_ipc.BusyError:
                return False
            except sysv_ipc.Error as error:
                _raise_unless_signal(error)
            else:
                return True

    def fetch(self, wait: bool) -> bool:
        """Have a further packet in `fetched`, if there is one, and tell; with *wait*, sleep for it.

        An exception of a handler loses nothing.
        """
        receive = self._sleep if wait else self._ask
        while True:
            try:
                next(receive)
            except sysv_ipc.BusyError:
                return False
            except sysv_ipc.Error as error:
                _raise_unless_signal(error)
            else:
                return True

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        while True:
            try:
                return (self._receive(wait),)
            except sysv_ipc.BusyError:
                return ()
            except sysv_ipc.Error as error:
                _raise_unless_signal(error)


class _BelledQueue:
    """A queue to a caller that sleeps in poll(2): a byte in a pipe follows each packet."""

    room = -1  # nothing tells of it

    def __init__(self, supervisor: Supervisor, queue: Any) -> None:
        self._queue, self._packets = queue, _Queue(queue)
        self.fd, self._bell = supervisor.pipe()
        for end in (self.fd, self._bell):
            os.set_blocking(end, False)

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        if sent := self._packets.put(data, tag, wait):
            with contextlib.suppress(BlockingIOError):  # full of such bytes: the caller will wake
                os.write(self._bell, b"!")
        return sent

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        # First the bytes: the packets that they follow are there.
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, _BYTES)
        packets: list[tuple[bytes, int]] = []
        with as_oserror(sysv_ipc.Error):  # another process may have removed the queue
            there = self._queue.current_messages
        for _ in range(there):  # not until it is empty: it may be filled anew
            packets += self._packets.take(wait)
        return packets


def _raise_unless_signal(error: Exception) -> None:
    """Return if a signal was all, for the call to be made again; else the queue is gone."""
    if not by_signal(error):
        raise to_oserror(error) from error


def medium(
    make: Callable[[Supervisor, int, int], list[Any]],
    supervisor: Supervisor,
    workers: int,
    duplex: bool,
) -> Medium:
    """Make the queues of a channel: *make* makes so many, for packets of so many bytes."""
    most = min(_MOST, _message_bytes())
    queues = make(supervisor, 1 + (workers if duplex else 0), most)
    most = min(most, *(_capacity(queue) for queue in queues))
    if most < _LEAST:
        raise OSError(errno.EMSGSIZE, f"msgmax and msgmnb leave {most} bytes for a message")
    up, *down = map(_Queue, queues)
    common = partial(
        Medium,
        down=down,
        most=most,
        held=partial(_capacity, queues[0]),
        authenticator=partial(Authenticator, bits=30),  # of a type, which is an int and not 0
        foreign=0,  # what has been taken may come back, and leave no trace of that
    )
    if supervisor.deadline < math.inf:
        return common(_BelledQueue(supervisor, queues[0]))
    return common(
        up,
        notice=partial(up.put, b"", NOTICE, True),
        wake=partial(up.put, b"", NOTICE, False),
        check=partial(_check, supervisor, queues, most),
        fetch=up.fetch,
        unopened=up.fetched,
    )


def _message_bytes() -> int:
    """Return the bytes that a message may have, by msgmax, or 4096 where there is no such file."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/msgmax") as most:
        return int(most.read())
    return _MOST


def _capacity(queue: Any) -> int:
    """Return the bytes that a queue holds, and as many messages if they are empty: msgsnd(2)."""
    with as_oserror(sysv_ipc.Error):  # another process may have removed it
        return int(queue.max_size)


def _check(supervisor: Supervisor, queues: list[Any], most: int) -> None:
    """Remove the queue, which wakes all, where a message was taken or none can be sent."""
    readers = [supervisor.caller, *(worker.pid for worker in supervisor.workers)]
    for queue, reader in zip(queues, readers, strict=False):  # one, or one for each reader
        with contextlib.suppress(sysv_ipc.ExistentialError):
            if _foreign(queue.last_receive_pid, reader) or queue.max_size < most:
                queues[0].remove()


def _foreign(pid: int, reader: int) -> bool:
    """Whether the last to receive was another process than the reader."""
    # It is the number of a thread where the message went to one that was asleep: Linux has
    # task_pid() in pipelined_send(), ipc/msg.c. Of one that has ended there is nothing to know.
    own = pid in (0, reader) or os.path.exists(f"/proc/{reader}/task/{pid}")
    return not own and os.path.exists(f"/proc/{pid}")
