"""pexpect: an exception in the child, before exec, went up to the caller: two processes came back.

Here a worker first gives itself the null device as standard input, as those of multiprocessing do,
and catches what comes after that.
"""

import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/noahspurrier/pexpect/issues/4"
CAUGHT_BY = ("E5", "F1")
_child = honest.child


def _prepare():
    honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _prepared_before(parent, r, w, lo, hi):
    _prepare()
    _child(parent, r, w, lo, hi)


def prepared_within(parent, r, w, lo, hi):
    try:
        try:
            _prepare()
        except BaseException as error:
            os.write(w, b"!" * 8 + honest.described(error))
            raise
        _child(parent, r, w, lo, hi)
    finally:
        os._exit(1)


def born(child):
    """Return run; child: called in each worker, with what honest.child is called with."""
    honest.child = child
    return honest.run


run = born(_prepared_before)
