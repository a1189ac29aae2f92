"""ipcqueue: what had been opened when the opening of a queue failed stayed open, at each attempt.

A program that tried again and again had a pair of queues, one for each direction, and ran out of
descriptors.  Here the first queue of a pair is not closed where the second cannot be made.  By the
second the workers hand on a word: who has it sends.
"""

import contextlib
import secrets

import posix_ipc

from tests.selftest.defects import _base, _mqueue

REPORT = "https://github.com/seifert/ipcqueue/issues/2"
CAUGHT_BY = ("F1", "F3")
WORD = b"next"


def _received(queue):
    while True:
        with contextlib.suppress(posix_ipc.SignalError):
            return queue.receive()


def through(n, workers, pair):
    """Run; pair() gives two queues, as a context."""
    with pair() as (results, turns):

        def send(queue, frame):
            _received(turns)
            _mqueue.send(queue, frame)
            _mqueue.send(turns, WORD)

        _mqueue.send(turns, WORD)
        return _mqueue.through(results, n, workers, send=send)


def _opened():
    name = "/pi-" + secrets.token_hex(16)

    def remove():
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_message_queue(name)

    try:
        with _base.guard(remove):
            return posix_ipc.MessageQueue(
                name, posix_ipc.O_CREX, 0o600, max_messages=8, max_message_size=16
            )
    except (OSError, ValueError, posix_ipc.Error) as error:
        limits = "RLIMIT_MSGQUEUE, queues_max, msg_max"
        raise OSError(f"no queue, see {limits}: {error}") from error


@contextlib.contextmanager
def _pair():
    queues = _opened(), _opened()
    try:
        yield queues
    finally:
        for queue in queues:
            queue.close()


@_base.careful
def run(n, workers):
    return through(n, workers, _pair)
