"""A place for a worker is taken before its fork, and not given back where that fails."""

import errno
import os
import threading
from types import SimpleNamespace

from tests.selftest.defects import honest

CAUGHT_BY = ("C13",)
_starting = set()


def _fork():
    place = os.getpid(), threading.get_ident()
    if place in _starting:
        raise BlockingIOError(errno.EAGAIN, "a worker is being started")
    _starting.add(place)
    pid = os.fork()
    _starting.discard(place)
    return pid


honest.os = SimpleNamespace(**vars(os) | {"fork": _fork})
run = honest.run
