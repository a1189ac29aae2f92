"""mpire ignored SIGINT while it started a worker, which a thread may not ask for: ValueError.

"signal only works in main thread of the main interpreter."  Here a run does so for each fork, and
puts back what there was.
"""

import contextlib
import os
import signal
import types

from tests.selftest.defects import honest

REPORT = "https://github.com/sybrenjansen/mpire/issues/44"
CAUGHT_BY = ("E4", "E1")


@contextlib.contextmanager
def _ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def starting(deaf):
    """Return run; deaf: gives a context in which a worker is forked."""

    def fork():
        with deaf():
            return os.fork()

    honest.os = types.SimpleNamespace(**{**vars(os), "fork": fork})
    return honest.run


run = starting(_ignored)
