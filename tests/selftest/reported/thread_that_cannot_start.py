"""A limit on processes refuses a thread: RuntimeError, "can't start new thread", and no OSError.

Here the caller has a thread that says how long it has been waiting, while it waits for workers.
"""

import errno
import os
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/domainaware/parsedmarc/issues/424"
CAUGHT_BY = ("F1",)
_wait = honest.wait


def with_a_thread(start):
    """Return run.

    start: starts a thread.
    """

    def wait(poller):
        over = threading.Event()
        thread = threading.Thread(target=over.wait)
        start(thread)
        try:
            return _wait(poller)
        finally:
            over.set()
            thread.join()

    honest.wait = wait
    return honest.run


def as_oserror(thread):
    try:
        thread.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, f"{os.strerror(errno.EAGAIN)}: {error}") from error


run = with_a_thread(threading.Thread.start)
