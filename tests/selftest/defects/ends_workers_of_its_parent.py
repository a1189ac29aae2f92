"""A child that a handler has forked leaves run by an exception, and ends its parent's workers."""

import threading

from tests.selftest.defects import honest

CAUGHT_BY = ("E8",)
_call = threading.local()
_watch, _reap = honest.watch, honest.reap


def _note(pid, *rest):
    _call.pids.append(pid)
    _watch(pid, *rest)


def _forget(pid):
    if pid in _call.pids:
        _call.pids.remove(pid)
    return _reap(pid)


honest.watch, honest.reap = _note, _forget


def run(n, workers):
    outer = getattr(_call, "pids", None)
    _call.pids = pids = []
    try:
        return honest.run(n, workers)
    except BaseException:
        honest.end(tuple(pids))
        raise
    finally:
        _call.pids = outer
