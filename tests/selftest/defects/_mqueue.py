"""A POSIX queue between the workers and their caller: without a name when they start."""

import contextlib
import secrets
import struct

import posix_ipc

from tests.selftest.defects import _base

FRAME = struct.Struct("<Id")


@contextlib.contextmanager
def unnamed(mode=0o600, depth=8, size=FRAME.size):
    """Make a queue, and remove its name at once."""
    name = "/pi-" + secrets.token_hex(16)

    def remove():
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_message_queue(name)

    try:
        with _base.guard(remove):
            queue = posix_ipc.MessageQueue(
                name, posix_ipc.O_CREX, mode, max_messages=depth, max_message_size=size
            )
    except (OSError, ValueError, posix_ipc.Error) as error:
        limits = "RLIMIT_MSGQUEUE, queues_max, msg_max"
        raise OSError(f"no queue, see {limits}: {error}") from error
    try:
        yield queue
    finally:
        queue.close()


def send(queue, frame):
    while True:
        try:
            return queue.send(frame)
        except posix_ipc.SignalError:
            continue


def through(queue, n, workers, *, send=send, frame=FRAME, key=lambda number: number, late=False):
    def work(number, value):
        send(queue, frame.pack(key(number), value))
        sent[number] = 1

    def count(fd):
        return {number: 0.0 for number in range(workers) if sent[number]}

    def take(fd):
        sums = {}
        with contextlib.suppress(posix_ipc.BusyError):
            while True:
                with contextlib.suppress(posix_ipc.SignalError):
                    number, value = frame.unpack(queue.receive(0)[0])
                    sums[number] = value
        return sums

    with _base.ticks(workers) as sent:
        if not late:
            return _base.total(_base.gather(n, workers, work, take, queue.mqd))
        _base.gather(n, workers, work, count)
        return _base.total(take(None))
