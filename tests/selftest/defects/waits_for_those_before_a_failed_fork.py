"""Where a fork fails, it waits until the workers have done what they were started for."""

import os
from types import SimpleNamespace

from tests.selftest.defects import honest
from tests.selftest.reported import _call

CAUGHT_BY = ("C13",)
_end = honest.end


def _fork():
    try:
        return os.fork()
    except OSError:
        _call.current().failed = True
        raise


def end(pids):
    if _call.current().failed:
        for pid in pids:
            honest.reap(pid)
    else:
        _end(pids)


honest.os = SimpleNamespace(**vars(os) | {"fork": _fork})
honest.end = end


@honest.careful
def run(n, workers):
    with _call.call(failed=False):
        return honest.run(n, workers)
