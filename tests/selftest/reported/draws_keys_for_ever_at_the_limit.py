"""Where no more System V queue can be had, amphp drew one key after the other, for ever.

Any failure to make the queue is taken for a key that somebody has.  At the limit msgmni every key
fails, so the run never ends.
"""

import contextlib
import secrets

import sysv_ipc

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/amphp/sync/issues/28"
CAUGHT_BY = ("F3",)


def _removed(key):
    def remove():
        with contextlib.suppress(sysv_ipc.ExistentialError):
            sysv_ipc.MessageQueue(key).remove()

    return _base.guard(remove)


def through(n, workers, collision):
    """Run; collision: the errors after which another key is drawn."""
    while True:
        key = secrets.randbelow(2**31 - 1) + 1
        with _removed(key):
            try:
                queue = sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600, max_message_size=8192)
            except collision:
                continue
            except (OSError, sysv_ipc.Error) as error:
                raise OSError(f"no queue, see msgmni: {error}") from error
            try:
                return _queue.through(queue, n, workers)
            except sysv_ipc.Error as error:
                raise OSError(f"the queue: {error}") from error


@_base.careful
def run(n, workers):
    return through(n, workers, (sysv_ipc.Error, OSError))
