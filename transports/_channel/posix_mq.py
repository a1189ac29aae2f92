"""Packets through POSIX message queues: one to the caller and, if duplex, one to each worker.

A packet has at most 8 KiB with its tag, and less for the way back: so a user may have twenty such
channels.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

from transports._channel.packets import Medium
from transports._channel.protocol import Given
from transports._supervisor import Supervisor
from transports._supervisor.bindings import optional, retry_on_signal

posix_ipc = optional("posix_ipc") or optional("transports._mqueue")

_TAG = struct.Struct("=Q")  # before each payload
_MOST = 8192  # bytes a message, msgsize_max as Linux sets it
_LEAST = 2 * _TAG.size  # which a size and its tag take
_BUDGET = 32_768  # bytes of the queues of a duplex channel: a user may have twenty of them


class _Queue:
    """A queue of packets, each behind its tag.

    sender, receiver: the queue for each side.  That of the caller does not block, that of a worker
        does: they are two open descriptions, for the flag belongs to these.
    """

    def __init__(self, sender: Any, receiver: Any) -> None:
        self._send, self._receive = sender.send, receiver.receive
        self.fd: int = receiver.mqd
        self.room: int = sender.mqd

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        try:
            retry_on_signal(posix_ipc.SignalError, self._send, _TAG.pack(tag) + data)
        except posix_ipc.BusyError:
            return False
        return True

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        try:
            packet, _ = retry_on_signal(posix_ipc.SignalError, self._receive)
        except posix_ipc.BusyError:
            return ()
        tag: int = _TAG.unpack_from(packet)[0] if len(packet) >= _TAG.size else 0
        return ((packet[_TAG.size :], tag),)


def medium(
    make: Callable[[Supervisor, int], tuple[Any, Any]],
    depth: int,
    supervisor: Supervisor,
    workers: int,
    duplex: bool,
) -> Medium:
    """Make the queues of a channel.

    make: makes one for messages of so many bytes; returns it as the caller has it, and as the
        workers do.
    depth: messages that a queue holds by default; fewer bytes are left for each of more queues.
    """
    count = 1 + (workers if duplex else 0)
    size = max(_LEAST, min(_MOST, _BUDGET // (depth * count))) if duplex else _MOST
    (ours, theirs), *others = (make(supervisor, size) for _ in range(count))
    up = _Queue(sender=theirs, receiver=ours)
    down = [_Queue(sender=ours, receiver=theirs) for ours, theirs in others]
    return Medium(up, down, most=size - _TAG.size, held=lambda: int(ours.max_messages))
