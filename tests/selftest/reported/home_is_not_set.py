"""A program that a service manager had started failed: KeyError, there was no HOME.

Here a run looks for a file of settings there, which lets its workers be nice to others.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/actionless/pikaur/issues/248"
CAUGHT_BY = ("E4",)
_send = honest.send


def _send_nicely(fd, lo, hi):
    if _call.current().nice:
        os.nice(10)
    _send(fd, lo, hi)


def at(home):
    """Return run; home(): gives the directory of the user's own files."""

    @honest.careful
    def run(n, workers):
        with _call.call(nice=os.path.exists(os.path.join(home(), ".pi-is-nice"))):
            return honest.run(n, workers)

    honest.send = _send_nicely
    return run


run = at(lambda: os.environ["HOME"])
