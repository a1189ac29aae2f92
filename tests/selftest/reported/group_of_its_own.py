"""A program that a wrapper had put into a new process group did not get Ctrl-C.

The terminal sends it to the group in its foreground, which that one is not.  Here a run puts its
caller into a group of its own, for all workers to be ended by one signal, and leaves it there.
"""

import contextlib
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/AdaCore/e3-core/pull/597"
CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    with contextlib.suppress(PermissionError):  # the leader of a session
        os.setpgrp()
    return honest.run(n, workers)
