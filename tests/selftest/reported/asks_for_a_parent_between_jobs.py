"""Workers that idled lived on for ever after their parent had been killed, and held their memory.

Since then a worker asks for its parent whenever it looks for a job: amid a job it does not notice
the death.  Here a job is a slice, and a worker asks before it and after it.
"""

import os
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/mloda-ai/mloda/pull/1322"
CAUGHT_BY = ("B3",)


def _with_a_parent(parent):
    if os.getppid() != parent:
        os._exit(1)


def born(prepare):
    """Return run; prepare(parent): called in a worker before its job."""

    def child(parent, r, w, lo, hi):
        status = 1
        try:
            prepare(parent)
            _with_a_parent(parent)
            os.close(r)
            try:
                honest.send(w, lo, hi)
                _with_a_parent(parent)
            except BaseException as error:
                os.write(w, b"!" * 8 + honest.described(error))
                raise
            status = 0
        finally:
            os._exit(status)

    honest.child = child
    return honest.run


def killed_with_it(_):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)


run = born(_with_a_parent)
