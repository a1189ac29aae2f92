"""multiprocessing.Pool: where one fork fails, the workers that were started before it stay.

Here a fork that fails is one way out of `run` that does not end, and does not reap, the workers.
"""

import os
from types import SimpleNamespace

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/python/cpython/pull/5614"
CAUGHT_BY = ("C13",)
end_and_reap = honest.end


def starting(*, where_failed):
    """Return run.

    where_failed(pids): called at the end with the workers, if a fork has failed.
    """

    def fork():
        try:
            return os.fork()
        except OSError:
            _call.current().failed = True
            raise

    def end(pids):
        (where_failed if _call.current().failed else end_and_reap)(pids)

    @honest.careful
    def run(n, workers):
        with _call.call(failed=False):
            return honest.run(n, workers)

    honest.os = SimpleNamespace(**vars(os) | {"fork": fork})
    honest.end = end
    return run


run = starting(where_failed=lambda pids: None)
