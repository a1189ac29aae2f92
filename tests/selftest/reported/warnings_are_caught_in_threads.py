"""After threads had caught warnings, the filters were not what they had been before.

`warnings.catch_warnings` saves the filters of the process, and puts them back.  Here it is around
each fork, for the DeprecationWarning of a fork in a process with threads.  Where two threads are
in it at once, the one that leaves last puts back what the other had set.
"""

import os
import warnings
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/128384"
CAUGHT_BY = ("E6",)


def quiet_fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def forking(fork):
    honest.os = SimpleNamespace(**vars(os) | {"fork": fork})
    return honest.run


run = forking(quiet_fork)
