"""posix_ipc: "This process already has the maximum number of files open", and the user asked why.

mq_open(3) says so where RLIMIT_MSGQUEUE allows no more queues.  Here that is passed on as it is.
"""

import contextlib
import secrets

import posix_ipc

from tests.selftest.defects import _base, _mqueue

REPORT = "https://github.com/osvenskan/posix_ipc/issues/42"
CAUGHT_BY = ("F3",)
LIMITS = "RLIMIT_MSGQUEUE, queues_max, msg_max"


def explain(error):
    raise OSError(f"no queue, see {LIMITS}: {error}") from error


def _explain_others(error):
    if isinstance(error, OSError):
        raise error
    explain(error)


def complaining(complain):
    """Return run; complain(error): raises where no queue can be had."""

    @_base.careful
    def run(n, workers):
        name = "/pi-" + secrets.token_hex(16)

        def remove():
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_message_queue(name)

        with _base.guard(remove):
            try:
                queue = posix_ipc.MessageQueue(
                    name,
                    posix_ipc.O_CREX,
                    0o600,
                    max_messages=8,
                    max_message_size=_mqueue.FRAME.size,
                )
            except (OSError, ValueError, posix_ipc.Error) as error:
                complain(error)
        try:
            return _mqueue.through(queue, n, workers)
        finally:
            queue.close()

    return run


run = complaining(_explain_others)
