"""A System V queue between the workers and their caller: its frames are signed."""

import contextlib
import os
import secrets

import sysv_ipc

from tests.selftest.defects import _base


@contextlib.contextmanager
def keyed(mode=0o600):
    """Make a queue, and remove it without fail."""
    key = secrets.randbelow(2**31 - 1) + 1

    def remove():
        with contextlib.suppress(sysv_ipc.ExistentialError):
            sysv_ipc.MessageQueue(key).remove()

    with _base.guard(remove):
        try:
            queue = sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, mode, max_message_size=8192)
        except (OSError, sysv_ipc.Error) as error:
            raise OSError(f"no queue, see msgmni: {error}") from error
        try:
            yield queue
        except sysv_ipc.Error as error:
            raise OSError(f"the queue: {error}") from error


def again(call, *args):
    while True:
        try:
            return call(*args)
        except sysv_ipc.Error as error:
            if "ignal" not in str(error):
                raise


def through(queue, n, workers, *, seal=None, late=False, unpack=None):
    """Run through queue; a worker that finds it full rings for the caller."""
    seal = seal or _base.Seal()
    bell, rope = os.pipe()
    os.set_blocking(rope, False)
    try:

        def work(number, value):
            frame = seal.pack(number, value)
            try:
                again(queue.send, frame, False)
            except sysv_ipc.BusyError:
                with contextlib.suppress(BlockingIOError):
                    os.write(rope, b"!")
                again(queue.send, frame)
            sent[number] = 1

        def count(fd):
            return {number: 0.0 for number in range(workers) if sent[number]}

        def take(fd):
            if fd is not None:
                os.read(bell, 4096)
            frames = []
            with contextlib.suppress(sysv_ipc.BusyError):
                for _ in range(queue.current_messages):
                    frames.append(again(queue.receive, False)[0])
            found = [seal.unpack(frame) for frame in frames]
            # Nobody rings once more if it is filled again, or made smaller.
            if fd is not None and (not all(found) or queue.max_size < 200):
                raise OSError("somebody else fills the queue")
            return {number: value for sums in found for number, value in sums.items()}

        with _base.ticks(workers) as sent:
            if not late:
                return _base.total(_base.gather(n, workers, work, take, bell))
            _base.gather(n, workers, work, count)
            sums = take(None)
            if len(sums) < workers:
                raise RuntimeError(f"there are but {len(sums)} results of {workers}")
            return _base.total(sums)
    finally:
        os.close(bell)
        os.close(rope)
