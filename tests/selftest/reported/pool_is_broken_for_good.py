"""A job was killed, and each later job of that program failed: "the process pool is not usable".

Nobody made a new pool.  Here the runs of a process have one, which a worker's death by a signal
breaks: this run says how the worker died, and all after it that the pool is broken.
"""

import os
from types import SimpleNamespace

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/TkTech/chancy/issues/94"
CAUGHT_BY = ("C11",)
_lost = honest.lost


def _break(pid, status, said):
    if os.WIFSIGNALED(status):
        _call.current().pool.broken = True
    _lost(pid, status, said)


def new_pool():
    return SimpleNamespace(broken=False)


def pooled(pool_of_a_run):
    """Return run; pool_of_a_run: gives the pool that a run has."""

    def run(n, workers):
        honest.check(n, workers)
        pool = pool_of_a_run()
        if pool.broken:
            raise RuntimeError("a worker died abruptly, the pool is not usable any more")
        with _call.call(pool=pool):
            return honest.run(n, workers)

    honest.lost = _break
    return run


_pool = new_pool()
run = pooled(lambda: _pool)
