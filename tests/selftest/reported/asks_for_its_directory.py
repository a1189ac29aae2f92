"""joblib asked for the current directory, which the program had removed: FileNotFoundError.

It tells its workers where to start.  Here a worker changes to the directory that its caller had at
the start of the run.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/joblib/joblib/issues/1647"
CAUGHT_BY = ("E4",)
_send = honest.send


def _in_the_directory(fd, lo, hi):
    os.chdir(_call.current().directory)
    _send(fd, lo, hi)


def run(n, workers):
    honest.check(n, workers)
    with _call.call(directory=os.getcwd()):
        return honest.run(n, workers)


honest.send = _in_the_directory
