"""A worker in which SystemExit is raised hangs the pool: `except Exception` lets it pass.

The pool takes the worker for one that ends as planned, after its last job. Here such a worker exits
with a status that says so, and another is forked; the job is gone.
"""

import os

from tests.selftest.reported import _carried, _replaced

REPORT = "https://github.com/uqfoundation/multiprocess/issues/220"
CAUGHT_BY = ("C8",)
_RETIRED = 77


def _deliver(fd, error):
    if not isinstance(error, Exception):
        os._exit(_RETIRED)
    _carried.write_all(fd, b"!" * 8 + _carried.text_of(error))


_carried.carried(deliver=_deliver)
run = _replaced.replacing(lambda status: os.waitstatus_to_exitcode(status) == _RETIRED)
