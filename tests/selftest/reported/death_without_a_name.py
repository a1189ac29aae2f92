"""BrokenProcessPool: "a process was terminated abruptly", and neither which one nor how.

Here the caller says that of each worker that has ended without a result or an exception.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/139462"
CAUGHT_BY = ("C7", "C9")
_lost = honest.lost


def _nameless(pid, status, said):
    if said[8:]:
        _lost(pid, status, said)
    raise RuntimeError("A process was terminated abruptly while the run was pending.")


honest.lost = _nameless
run = honest.run
