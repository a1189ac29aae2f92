"""A child that a handler has forked leaves run by an exception, and ends its parent's workers."""

import threading

from tests.selftest.defects import honest

CAUGHT_BY = ("E8",)
_call = threading.local()
_watch = honest.watch


def _note(pid, *rest):
    _call.pids.append(pid)
    _watch(pid, *rest)


honest.watch = _note


def run(n, workers):
    outer = getattr(_call, "pids", None)
    _call.pids = pids = []
    try:
        return honest.run(n, workers)
    except BaseException:
        honest.end(pids)
        raise
    finally:
        _call.pids = outer
