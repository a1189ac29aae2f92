"""A lock is held across each fork: a child forked meanwhile has a copy that nobody releases."""

import os
import threading
import types

from tests.selftest.defects import honest

CAUGHT_BY = ("E7",)
_lock = threading.RLock()


def _fork():
    with _lock:
        return os.fork()


honest.os = types.SimpleNamespace(**{**vars(os), "fork": _fork})
run = honest.run
