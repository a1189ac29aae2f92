"""multiprocessing.Pool replaces a worker that was killed; its job is lost, and the caller hangs.

Here the caller forks another worker for each that has died; that one waits for a job, which none
has.
"""

from tests.selftest.reported import _replaced

REPORT = "https://github.com/python/cpython/issues/82265"
CAUGHT_BY = ("C2",)
run = _replaced.replacing(lambda status: True)
